#: magics and In, Out, _
%precision 3
3.14159
#-
double = Out[1] * 2
_ = None
#-
assert abs(double - 6.28318) < 1e-4 and "precision" in In[1]

#: a magic of its own and an alias
from IPython.core.magic import register_line_magic
@register_line_magic
def shout(line):
    return line.upper()
#-
said = get_ipython().run_line_magic("shout", "hello")
#-
again = %shout !
assert said + again == "HELLO!"

#: cell magics and shell commands
%%bash
echo written > by-bash
#-
found = !cat by-bash
#-
assert found == ["written"]

#: handles of displays
from IPython.display import display
handle = display("one", display_id=True)
#-
handle.update("two")
#-
handle.update("three")
assert handle.display_id

#: widgets
import ipywidgets
slider = ipywidgets.IntSlider(value=3)
changes = []
slider.observe(changes.append, "value")
#-
slider.value = 5
#-
slider.value = 7
assert len(changes) == 2 and slider.value == 7

#: hooks of the shell
seen = []
def note(*rest):
    seen.append(1)
get_ipython().events.register("pre_run_cell", note)
#-
get_ipython().set_custom_exc((KeyError,), lambda shell, kind, error, tb, tb_offset=None: None)
#-
assert len(seen) >= 1 and note in get_ipython().events.callbacks["pre_run_cell"]

#: autoreload, an extension
%load_ext autoreload
%autoreload 1
#-
loaded = set(get_ipython().extension_manager.loaded)
#-
assert "autoreload" in str(loaded) and loaded == get_ipython().extension_manager.loaded

#: matplotlib inline
%matplotlib inline
import matplotlib.pyplot as plt
plt.rcParams["figure.dpi"] = 50
#-
plt.plot([1, 2, 3]);
#-
assert plt.rcParams["figure.dpi"] == 50 and "inline" in plt.get_backend()
