"""How the documents of checks are printed, a file a check; :mod:`cli.check` says which."""
