"""`python -m humankind`."""

from humankind.cli.main import main

if __name__ == "__main__":
    main()
