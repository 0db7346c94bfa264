"""What an upgrade can have made ahead: steps that hold up nobody, so that the run itself has less to do."""
