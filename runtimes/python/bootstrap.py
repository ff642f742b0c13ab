# The Python managed runtime: waits for a function on descriptor 3, loads its handler, and runs invocations one by one.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html; the protocol's text is ../README.md.
# The code is in a package, because Python keeps the compiled form of modules but not of the script it is started with.

from evoke_runtime.main import main

if __name__ == "__main__":  # and not what multiprocessing imports in the processes it spawns
    main()
