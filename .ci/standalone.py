"""What the standalone build starts: the `loopgen` command, and for its own child processes `-m MODULE`."""

import multiprocessing
import runpy
import sys

from engine.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    if sys.argv[1:2] == ["-m"] and len(sys.argv) > 2:  # the sound process and the checks are started like this
        del sys.argv[1]
        runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
    else:
        main()
