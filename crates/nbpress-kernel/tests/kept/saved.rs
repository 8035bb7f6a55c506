//! Variables in a file: what another kernel has of them.

use nbpress_kernel::kept::{self, Keep};

use crate::place::{Place, python_kernels, run};
use crate::{folder, keeping};

/// Makes that no copy can be made.
const THREAD: &str = "import threading; stop = threading.Event()\n\
    threading.Thread(target=stop.wait, daemon=True).start()";

/// Functions, and what only `cloudpickle` can write.
const FUNCTIONS: &str = include_str!("saved/functions.py");
const CLASSES: &str = include_str!("saved/classes.py");

/// What holds in a kernel that has them; each is a line.
const OF_FUNCTIONS: &str = include_str!("saved/of_functions.py");
const OF_CLASSES: &str = include_str!("saved/of_classes.py");

#[tokio::test(flavor = "current_thread")]
async fn functions_are_there_and_classes_where_cloudpickle_is() {
    let place = Place::open(&[]);
    let mut with_classes = 0;
    for found in python_kernels() {
        let keep = Keep::in_folder(folder(&place));
        let mut kernel = keeping(&place, &found, &keep).await;
        let has = "import importlib.util as u; print(u.find_spec('cloudpickle') is not None)";
        let has_cloudpickle = run(&mut kernel, has).await == "True\n";
        for cell in [THREAD, FUNCTIONS, CLASSES, "base = 41", "1 / 0"] {
            run(&mut kernel, cell).await;
        }
        let outcome = kept::outcome(&folder(&place)).unwrap();
        assert_eq!(outcome.not_saved, None, "{outcome:?}");
        kernel.kill().await;
        let saved = kept::saved(&folder(&place)).pop().unwrap();
        let lacks = |name: &str| saved.missing.iter().any(|missing| missing.name == name);
        assert!(lacks("stop") && lacks("generator"), "{saved:?}");
        assert_eq!(
            !lacks("Point"),
            has_cloudpickle,
            "{}: {saved:?}",
            found.name
        );

        let mut next = place.start(&found).await;
        saved.load(&mut next).await.unwrap();
        let classes = if has_cloudpickle { OF_CLASSES } else { "" };
        for line in OF_FUNCTIONS.lines().chain(classes.lines()) {
            let held = run(&mut next, &format!("print({line})")).await;
            assert_eq!(held, "True\n", "{}: {line}", found.name);
        }
        with_classes += usize::from(has_cloudpickle);
        next.kill().await;
        kept::drop_all(&folder(&place));
    }
    assert_eq!(
        with_classes, 1,
        "kernels with and without cloudpickle are to be tested"
    );
}
