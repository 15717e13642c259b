"""What `trilayer` tells its caller."""

OK = 0
FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130

EPILOGUE = (
    "Data go to standard output, words and progress to standard error. Exit codes: "
    "0 all went well; 1 a check failed, or a score missed --fail-under or --fail-over; "
    "2 bad input or usage, and nothing was written (unless it says so); 130 interrupted by "
    "Ctrl-C (train still writes the best model so far)."
)
