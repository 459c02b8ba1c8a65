"""`python -m service` is `rasid`."""

from service.cli import main

main()
