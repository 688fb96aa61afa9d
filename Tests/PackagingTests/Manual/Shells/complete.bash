# SPDX-License-Identifier: Apache-2.0
# What bash offers for each command line on standard input: `LINE<TAB>WORD`, one a line.
# bash-completion loads what is installed under $XDG_DATA_DIRS, as it does in a shell of a person.
source /usr/share/bash-completion/bash_completion
program=doku-token-rotator
_completion_loader "$program"
[[ $(complete -p "$program") =~ -F\ ([^ ]+) ]] || exit 1
function=${BASH_REMATCH[1]}
while IFS= read -r line; do
    read -ra COMP_WORDS <<<"$line"
    [[ $line != *' ' ]] || COMP_WORDS+=('')
    COMP_LINE=$line COMP_POINT=${#line} COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    "$function" "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\t%s\n" "$line" '' # Every line is answered, if by nothing.
    for word in "${COMPREPLY[@]}"; do printf '%s\t%s\n' "$line" "$word"; done
done
