"""What one types, command by command: every ``--help`` ends with these."""

EXAMPLES = {
    "init": (
        "trilayer init adult.csv.gz --target income",
        "trilayer init people.csv --target buys --id row -o people.toml",
    ),
    "train": (
        "trilayer train adult.csv.gz --target income",
        "trilayer train people.csv --target buys --id row -o people.safetensors",
        "trilayer train --config adult.toml --seed 1",
        "trilayer train big.parquet --target y --checkpoint run1",
    ),
    "tune": (
        "trilayer tune adult.csv.gz --target income --minutes 20",
        "trilayer tune adult.csv.gz --target income --storage adult.trials",
    ),
    "predict": (
        "trilayer predict adult.safetensors adult.csv.gz",
        "trilayer predict adult.safetensors new.parquet --id row -o predicted.csv",
        "zcat adult.csv.gz | trilayer predict adult.safetensors -",
    ),
    "evaluate": (
        "trilayer evaluate adult.safetensors adult.csv.gz",
        "trilayer evaluate adult.safetensors new.csv --fail-under auc=0.9",
    ),
    "report": (
        "trilayer report adult.safetensors adult.csv.gz",
        "trilayer report adult.safetensors adult.csv.gz --by sex --lang zh",
    ),
    "inspect": (
        "trilayer inspect adult.safetensors",
        "trilayer inspect adult.safetensors --json",
    ),
    "export": (
        "trilayer export adult.safetensors --to js -o adult.mjs --check adult.csv.gz",
        "trilayer export adult.safetensors --to sql --dialect sqlite --table people",
        "trilayer export adult.safetensors --to hf -o adult-model",
    ),
    "check": ("trilayer check", "trilayer check adult.safetensors"),
    "trace": ("trilayer trace adult.safetensors adult.csv.gz --rows 2",),
    "serve": (
        "trilayer serve adult.safetensors",
        "trilayer serve adult.safetensors --host 0.0.0.0 --token-file token.txt",
    ),
    "lab": ("trilayer lab", "trilayer lab people.csv --target buys"),
    "completion": (
        "trilayer completion bash > ~/.local/share/bash-completion/completions/trilayer",
        'trilayer completion zsh > "${fpath[1]}/_trilayer"',
        "trilayer completion fish > ~/.config/fish/completions/trilayer.fish",
    ),
    "demo": ("trilayer demo", "trilayer demo -o there --seed 3"),
}


def epilogue(command: str, after: str) -> str:
    """Return what stands below a command's options: its examples, and `after`."""
    return "\n".join(["Examples:", *(f"  {line}" for line in EXAMPLES[command]), "", after])
