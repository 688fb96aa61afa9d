# SPDX-License-Identifier: Apache-2.0
# What fish offers for each command line on standard input: `LINE<TAB>WORD`, one a line.
# It finds what is installed under $XDG_DATA_DIRS by itself.
while read --local line
    printf '%s\t\n' $line
    for offer in (complete --do-complete=$line)
        printf '%s\t%s\n' $line (string split --max 1 --fields 1 \t -- $offer)
    end
end
