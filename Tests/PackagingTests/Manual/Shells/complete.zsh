# SPDX-License-Identifier: Apache-2.0
# What zsh offers for each command line on standard input: `LINE<TAB>WORD`, one a line.
# zsh completes in its line editor only: a shell on a terminal of its own is fed with the lines, and ends.
# It finds what stands in $SITE_FUNCTIONS, which a system's zsh has in its fpath.

if [[ $1 != inside ]]; then
    zmodload zsh/zpty || exit 1
    export LINES_FILE=$(mktemp) OFFERS_FILE=$(mktemp)
    cat >$LINES_FILE
    zpty editor "TERM=dumb zsh -f -i"
    zpty -w editor "source ${(q)0:A} inside"
    while zpty -r editor said; do :; done
    cat $OFFERS_FILE
    rm $LINES_FILE $OFFERS_FILE
    exit 0
fi

fpath=($SITE_FUNCTIONS $fpath)
autoload -Uz compinit && compinit -u -D

# Every match comes this way. A call that only sorts words into arrays, by -O, -A or -D, offers none.
compadd() {
    local -a offered
    local word
    if (( ! ${@[1,(i)--][(I)-[OAD]]} )); then
        builtin compadd -A offered "$@"
        for word in $offered; do printf "%s\t%s\n" "$typed" "$word" >>$OFFERS_FILE; done
    fi
    builtin compadd "$@"
}
zle -C offer list-choices _main_complete

# Called as soon as there is a line to edit.
zle-line-init() {
    local typed
    while IFS= read -r typed; do
        printf "%s\t\n" "$typed" >>$OFFERS_FILE
        BUFFER=$typed
        CURSOR=$#typed
        zle offer
    done <$LINES_FILE
    exit
}
zle -N zle-line-init
