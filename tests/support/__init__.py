"""What tests build databases with."""
