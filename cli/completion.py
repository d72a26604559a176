"""The completion script, made from the tree of words as it is.

Words, options and choices are plain text in it; only names that live in data cost a process, ``careline __names KIND PREFIX``,
which reads one small file. Run as a module it rewrites ``completions/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from careline.settings_keys import KEYS
from cli.lazy import Root, tree
from cli.shared import is_shared
from commands.help import TOPICS

FILE = Path(__file__).resolve().parent.parent / "completions" / "careline.bash"
KINDS = {
    "CHANNEL": ("@channel",),
    "TEMPLATE": ("@template",),
    "SCENE": ("@scene",),
    "PROFILE": ("@profile",),
    "FILE": ("@file",),
    "PATH": ("@file",),
    "DIR": ("@dir",),
    "KEY": tuple(KEYS),
    "TOPIC": tuple(TOPICS),
}
CHOICE = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)


class Node(NamedTuple):
    """One place of the tree: its path (``queue list``), the words and options that may follow, and what its values can be.

    ``values`` has what follows each option that takes a value; ``arguments`` what each argument can be.
    """

    path: str
    words: tuple[str, ...]
    options: tuple[str, ...]
    values: dict[str, tuple[str, ...]]
    arguments: tuple[tuple[str, ...], ...]


def walk(root: Root) -> Iterator[Node]:
    """Every place of the tree, in the order of help. Imports every word."""
    with root.make_context("careline", [], resilient_parsing=True) as context:
        yield from _walk(root, context, ())


def bash(root: Root) -> str:
    """The script for bash 3.2 and later. It needs no helper of bash-completion."""
    nodes = list(walk(root))
    shared = nodes[0]
    valued = sorted({option for node in nodes for option in node.values})
    return SCRIPT % {
        "words": _cases((node.path, " ".join(node.words)) for node in nodes if node.words),
        "options": _cases((node.path, " ".join(node.options)) for node in nodes[1:] if node.options),
        "shared": " ".join(shared.options),
        "values": _cases(
            (f"{node.path} {option}", " ".join(values))
            for node in nodes[1:]
            for option, values in node.values.items()
            if values
        ),
        "shared_values": _cases((f"* {option}", " ".join(values)) for option, values in shared.values.items() if values),
        "arguments": _cases(
            (f"{node.path} {number}", " ".join(values))
            for node in nodes
            for number, values in enumerate(node.arguments)
            if values
        ),
        "valued": " | ".join(valued),
    }


def _walk(command: Any, context: Any, path: tuple[str, ...]) -> Iterator[Node]:
    words = tuple(command.list_commands(context)) if hasattr(command, "list_commands") else ()
    params = [param for param in command.get_params(context) if not path or not is_shared(param)]
    options = [param for param in params if param.param_type_name == "option" and not param.hidden]
    yield Node(
        " ".join(path),
        words,
        tuple(name for option in options for name in (*option.opts, *option.secondary_opts)),
        {name: _values(option) for option in options if not option.is_flag for name in option.opts},
        tuple(_values(param) for param in params if param.param_type_name == "argument"),
    )
    for word in words:
        inner = command.get_command(context, word)
        with inner.make_context(word, [], parent=context, resilient_parsing=True) as below:
            yield from _walk(inner, below, (*path, word))


def _values(param: Any) -> tuple[str, ...]:
    """What can stand there: ``@channel`` and the like for names, ``@file``, ``@dir``, and words that stand for themselves."""
    if param.metavar is None:
        choices = getattr(param.type, "choices", ())
        return tuple(str(getattr(choice, "value", choice)) for choice in choices)
    parts = [part.strip("[]{}.…/") for part in param.metavar.split("|")]
    return tuple(dict.fromkeys(value for part in parts for value in KINDS.get(part, (part,) if CHOICE.fullmatch(part) else ())))


def _cases(pairs: Iterable[tuple[str, str]]) -> str:
    """The branches of a bash ``case``: a pattern, and the words it answers with."""
    lines = []
    for pattern, answer in pairs:
        quoted = f'*"{pattern[1:]}"' if pattern.startswith("*") else f'"{pattern}"'
        lines.append(f'    {quoted}) REPLY="{answer}" ;;')
    return "\n".join(lines)


SCRIPT = """\
# careline's completion for bash, made from its command tree: careline completion bash
# Use it once: source <(careline completion bash)
# Or always: careline completion bash > ~/.local/share/bash-completion/completions/careline

_careline_words() {
  case "$1" in
%(words)s
    *) REPLY="" ;;
  esac
}

_careline_options() {
  case "$1" in
%(options)s
    *) REPLY="" ;;
  esac
  REPLY="$REPLY %(shared)s"
}

_careline_values() {
  case "$1 $2" in
%(values)s
%(shared_values)s
    *) REPLY="" ;;
  esac
}

_careline_arguments() {
  case "$1 $2" in
%(arguments)s
    *) REPLY="" ;;
  esac
}

# COMPREPLY: what begins with $2 of the candidates $1. @kind stands for names that careline knows, @file and @dir for paths.
_careline_reply() {
  local candidate value rest program="${COMP_WORDS[0]}" profile="${3:-${CARELINE_PROFILE-}}"
  COMPREPLY=()
  for candidate in $1; do
    case "$candidate" in
      @file | @dir)
        compopt -o filenames 2>/dev/null
        while IFS= read -r value; do
          COMPREPLY+=("$value")
        done < <(if [[ $candidate == @dir ]]; then compgen -d -- "$2"; else compgen -f -- "$2"; fi)
        ;;
      @*)
        while IFS=$'\\t' read -r value rest; do
          COMPREPLY+=("$value")
        done < <(CARELINE_PROFILE="$profile" "${program/#\\~/$HOME}" __names "${candidate#@}" "$2" 2>/dev/null)
        ;;
      "$2"*) COMPREPLY+=("$candidate") ;;
    esac
  done
}

_careline() {
  local REPLY word path="" profile="" option="" ended="" cur="" number=0 i
  local -a typed
  typed=()
  for ((i = 1; i <= COMP_CWORD; i++)); do # bash cuts --option=value in three: join them again
    word="${COMP_WORDS[i]}"
    if ((i > 1)) && [[ $word == "=" || ${COMP_WORDS[i - 1]} == "=" ]]; then
      typed[${#typed[@]} - 1]="${typed[${#typed[@]} - 1]}$word"
    else
      typed[${#typed[@]}]="$word"
    fi
  done
  for ((i = 0; i < ${#typed[@]} - 1; i++)); do
    word="${typed[i]}"
    if [[ -n $option ]]; then
      [[ $option == --profile ]] && profile="$word"
      option=""
      continue
    fi
    if [[ -z $ended ]]; then
      case "$word" in
        --) ended=yes && continue ;;
        --profile=*) profile="${word#*=}" && continue ;;
        %(valued)s) option="$word" && continue ;;
        -?*) continue ;;
      esac
    fi
    _careline_words "$path"
    if [[ -z $path && " $REPLY " != *" $word "* ]]; then # channel is understood for channels
      [[ " $REPLY " == *" ${word}s "* ]] && word="${word}s"
      [[ " $REPLY " == *" ${word%%s} "* ]] && word="${word%%s}"
    fi
    if [[ -n $REPLY && " $REPLY " == *" $word "* ]]; then
      path="${path:+$path }$word"
    elif [[ -n $REPLY ]]; then # no such word: nothing can follow
      path="?"
    else
      number=$((number + 1))
    fi
  done
  cur="${typed[${#typed[@]} - 1]}"
  if [[ -n $option ]]; then
    _careline_values "$path" "$option"
  elif [[ -z $ended && $cur == --*=* ]]; then
    _careline_values "$path" "${cur%%%%=*}"
    cur="${cur#*=}"
  elif [[ -z $ended && $cur == -* ]]; then
    _careline_options "$path"
  else
    _careline_words "$path"
    [[ -z $REPLY ]] && _careline_arguments "$path" "$number"
  fi
  _careline_reply "$REPLY" "$cur" "$profile"
}

complete -o nosort -F _careline careline 2>/dev/null || complete -F _careline careline
"""


if __name__ == "__main__":
    FILE.write_text(bash(tree()), encoding="utf-8")
