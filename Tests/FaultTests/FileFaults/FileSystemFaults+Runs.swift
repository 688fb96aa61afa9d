// SPDX-License-Identifier: Apache-2.0

extension FileSystemFault {
    static let temporaries: [FileSystemFault] = [
        replaced("a leftover is swept", "echo x > tokens/.kopi.0123456789abcdef.tmp"),
        FileSystemFault(
            name: "a leftover's name is a link to a victim",
            setUp: "echo victim > victim; ln -s ../victim tokens/.kopi.0123456789abcdef.tmp", exit: 0,
            outcome: .replaced, holds: "test victim = \"$(cat victim)\" -a -L tokens/.kopi.0123456789abcdef.tmp",
            undo: "rm tokens/.kopi.*", mayLeave: true),
        FileSystemFault(
            name: "a leftover's name is a directory", setUp: "mkdir tokens/.kopi.0123456789abcdef.tmp", exit: 0,
            outcome: .replaced, holds: "test -d tokens/.kopi.0123456789abcdef.tmp", undo: "rmdir tokens/.kopi.*",
            mayLeave: true),
        FileSystemFault(
            name: "a leftover's name is somebody's second name",
            setUp: "echo mine > mine; ln mine tokens/.kopi.0123456789abcdef.tmp", exit: 0, outcome: .replaced,
            holds: "test mine = \"$(cat mine)\" -a -e tokens/.kopi.0123456789abcdef.tmp", undo: "rm tokens/.kopi.*",
            mayLeave: true),
        FileSystemFault(
            name: "a leftover's name is a stranger's", needs: .root,
            setUp: "echo x > tokens/.kopi.0123456789abcdef.tmp; chown 1234 tokens/.kopi.*", exit: 0, outcome: .replaced,
            holds: "test -e tokens/.kopi.0123456789abcdef.tmp", undo: "rm tokens/.kopi.*", mayLeave: true),
        FileSystemFault(
            name: "names that are nearly ours",
            setUp: "cd tokens; touch .kopi.0123456789ABCDEF.tmp .kopi.123.tmp .other.0123456789abcdef.tmp "
                + "kopi.0123456789abcdef.tmp .kopi.0123456789abcdef.tmp.bak",
            exit: 0, outcome: .replaced, holds: "test 6 = $(ls -A tokens | wc -l)",
            undo: "cd tokens; rm -f .kopi* .other* kopi.*", mayLeave: true),
        replaced("a thousand leftovers", "cd tokens; for n in {1000..1999}; do : > .kopi.000000000000$n.tmp; done"),
    ]

    static let fullAndClosed: [FileSystemFault] = [
        failed(
            "no block is left", needs: .mounts,
            "\(tmpfs("size=64k")); cat /dev/zero > tokens/filler 2>/dev/null; test -s tokens/filler", says: "no space",
            undo: "umount tokens"),
        failed(
            "no inode is left", needs: .mounts, "\(tmpfs("nr_inodes=2"))", says: "no space", undo: "umount tokens"),
        failed(
            "no block is left on ext4", needs: .mounts,
            "truncate -s 4M image; mkfs.ext4 -q -m 0 image; cp -p tokens/kopi kept; mount -o loop image tokens || exit 77; "
                + "cp -p kept tokens/kopi; chmod 755 tokens; cat /dev/zero > tokens/filler 2>/dev/null; sync; "
                // As small as a token: a few larger ones fail while a block or two are left.
                + "for n in {1..300}; do sync; if dd if=/dev/zero of=tokens/more-$n bs=600 count=1 conv=fsync; "
                + "then full=; else rm -f tokens/more-$n; full+=x; fi; "
                + "[[ $full != xxxxx ]] || exit 0; done 2>/dev/null; exit 77",
            says: "no space", undo: "umount tokens"),
    ]

    static let process: [FileSystemFault] = [
        failed(
            "the process may write 100 bytes", "true",
            before: ["bash", "-c", "prlimit --fsize=100 \"$0\" \"$@\" | cat; exit ${PIPESTATUS[0]}"],
            says: "larger than allowed"),
        failed(
            "the process may write nothing", "true",
            before: ["bash", "-c", "prlimit --fsize=0 \"$0\" \"$@\" | cat; exit ${PIPESTATUS[0]}"],
            says: "larger than allowed"),
        replaced("the umask is 000", "true", before: ["bash", "-c", "umask 000; exec \"$0\" \"$@\""]),
        replaced("the umask is 777", "true", before: ["bash", "-c", "umask 777; exec \"$0\" \"$@\""]),
        replaced(
            "the directory has a default access list", "setfacl -d -m u:1:rw,g:1:rw,m:rw,o:r tokens || exit 77",
            holds: "test -z \"$(getfacl -cs tokens/kopi | grep -v '^#')\"", undo: "setfacl -b tokens"),
        replaced(
            "the target has an access list", "setfacl -m u:1:rw tokens/kopi || exit 77",
            holds: "test -z \"$(getfacl -cs tokens/kopi | grep -v '^#')\""),
        failed(
            "the owner may not be given", needs: .root, "true", output: "mode: \"0640\", owner: \"1234\"",
            before: unprivileged, says: "the owner or group could not be set"),
        failed(
            "the group may not be given", needs: .root, "true", output: "mode: \"0640\", group: \"1234\"",
            before: unprivileged, says: "the owner or group could not be set"),
        replaced(
            "owner and group are given", needs: .root, "true",
            output: "mode: \"0640\", owner: \"1234\", group: \"2345\"",
            holds: "test 1234:2345 = $(stat -c %u:%g tokens/kopi)"),
        FileSystemFault(
            name: "the lock is held", setUp: "true", before: ["flock", "config.yaml"], exit: 75,
            says: ["config.yaml", "--wait"],
            outcome: .kept),
    ]

    static let meanwhiles: [FileSystemFault] = [
        FileSystemFault(
            name: "the directory becomes a link before the rename", setUp: "mkdir victim",
            meanwhile: "mv tokens moved; ln -s victim tokens", exit: 0, outcome: .replaced, file: "moved/kopi",
            holds:
                "test -z \"$(ls -A victim)\" -a moved/kopi = \"$(ls moved/kopi)\" -a -z \"$(ls -A moved | grep tmp)\"",
            undo: "rm tokens; mv moved tokens"),
        FileSystemFault(
            name: "the target becomes a link before the rename", setUp: "echo victim > victim",
            meanwhile: "ln -sf ../victim tokens/kopi", exit: 0, outcome: .replaced,
            holds: "test victim = \"$(cat victim)\" -a ! -L tokens/kopi"),
        FileSystemFault(
            name: "the target becomes a directory before the rename", setUp: "true",
            meanwhile: "rm tokens/kopi; mkdir tokens/kopi", exit: 20, code: "output-not-written",
            says: ["tokens/kopi", "is a directory"], outcome: .refused, holds: "test -d tokens/kopi",
            undo: "rmdir tokens/kopi"),
        FileSystemFault(
            name: "the target goes before the rename", setUp: "true", meanwhile: "rm tokens/kopi", exit: 0,
            outcome: .replaced),
        FileSystemFault(
            name: "the target becomes a mount point before the rename", needs: .mounts, setUp: "cp tokens/kopi mounted",
            meanwhile: "mount --bind mounted tokens/kopi", exit: 20, code: "output-not-written",
            says: ["tokens/kopi", "mount the directory"], outcome: .kept, undo: "umount tokens/kopi"),
        FileSystemFault(
            name: "a link comes before the rename where nothing stood", setUp: "rm tokens/kopi; echo victim > victim",
            meanwhile: "ln -s ../victim tokens/kopi", exit: 22, code: "output-not-written",
            says: ["tokens/kopi", "symbolic link"], outcome: .refused,
            holds: "test victim = \"$(cat victim)\" -a -L tokens/kopi", undo: "rm tokens/kopi"),
        FileSystemFault(
            name: "a directory comes before the rename where nothing stood", setUp: "rm tokens/kopi",
            meanwhile: "mkdir tokens/kopi", exit: 22, code: "output-not-written",
            says: ["tokens/kopi", "is a directory"], outcome: .refused, holds: "test -d tokens/kopi",
            undo: "rmdir tokens/kopi"),
        FileSystemFault(
            name: "a file comes before the rename where nothing stood", setUp: "rm tokens/kopi",
            meanwhile: "echo other > tokens/kopi", exit: 0, outcome: .replaced),
        FileSystemFault(
            name: "the temporary goes before the rename", setUp: "true", meanwhile: "rm tokens/.kopi.*.tmp", exit: 20,
            code: "output-not-written", says: ["tokens/kopi", "while replacing"], outcome: .kept),
        FileSystemFault(
            name: "the file system becomes read-only before the rename", needs: .mounts,
            setUp: tmpfs("size=1m"),
            meanwhile: "mount -o remount,ro tokens 2>/dev/null || mount -o remount,ro,bind tokens", exit: 20,
            code: "output-not-written", says: ["tokens/kopi", "read-only"], outcome: .kept, undo: "umount -l tokens",
            mayLeave: true),
    ]
}
