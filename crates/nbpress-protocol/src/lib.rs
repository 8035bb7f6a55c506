//! Jupyter messages: types, signing, ZeroMQ framing, connection files and kernelspecs, without any socket.
