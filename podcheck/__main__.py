"""`python -m podcheck`."""

from podcheck.cli.main import console

if __name__ == "__main__":
    console()
