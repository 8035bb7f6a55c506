//! Find kernelspecs, start a kernel, talk to it, interrupt it and stop its whole process tree.
