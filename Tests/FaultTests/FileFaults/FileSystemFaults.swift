// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// One state of a real file system that a run meets, and what must come of it.
struct FileSystemFault {
    /// What stands at the place of the old token after the run.
    enum Outcome {
        /// The old token, byte for byte.
        case kept
        /// A new whole token, as a regular file with the configured mode.
        case replaced
        /// What was put there instead, untouched.
        case refused
    }

    /// What it takes.
    enum Need: String {
        case nothing
        case root = "it needs root"
        case mounts = "it needs the right to mount"
    }

    var name: String
    var needs = Need.nothing
    /// By the shell, in the directory above `tokens/`, where a token was published. Exit 77 skips the case.
    var setUp: String
    /// Further keys of the output.
    var output = "mode: \"0640\""
    /// Starts the rotator.
    var before: [String] = []
    /// While the rotator stands before the rename.
    var meanwhile: String?
    var exit: Int32
    var code: String?
    var says: [String] = []
    var outcome: Outcome
    /// Where the old or new token is looked for.
    var file = "tokens/kopi"
    /// By the shell, after the run: whatever else must hold.
    var holds = "true"
    /// Makes things good again, whatever came of it.
    var undo = ""
    /// Whether a temporary may be left that the next run sweeps.
    var mayLeave = false
}

extension FileSystemFault {
    static let all: [FileSystemFault] = directories + targets + temporaries + fullAndClosed + process + meanwhiles

    /// As any user among its own files: root, but bound by permissions.
    static let unprivileged =
        geteuid() == 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown,-fsetid"] : []

    static func refused(
        _ name: String, needs: Need = .nothing, _ setUp: String, says: String, exit: Int32 = 22,
        outcome: Outcome = .refused, file: String = "tokens/kopi", holds: String = "true", undo: String = "",
        before: [String] = []
    ) -> FileSystemFault {
        FileSystemFault(
            name: name, needs: needs, setUp: setUp, before: before, exit: exit, code: "output-refused",
            says: ["tokens", says],
            outcome: outcome, file: file, holds: holds, undo: undo)
    }

    static func replaced(
        _ name: String, needs: Need = .nothing, _ setUp: String, output: String = "mode: \"0640\"",
        before: [String] = [], file: String = "tokens/kopi", holds: String = "true", undo: String = ""
    ) -> FileSystemFault {
        FileSystemFault(
            name: name, needs: needs, setUp: setUp, output: output, before: before, exit: 0, outcome: .replaced,
            file: file,
            holds: holds, undo: undo)
    }

    static func failed(
        _ name: String, needs: Need = .nothing, _ setUp: String, output: String = "mode: \"0640\"",
        before: [String] = [], says: String, exit: Int32 = 20, undo: String = "", mayLeave: Bool = false
    ) -> FileSystemFault {
        FileSystemFault(
            name: name, needs: needs, setUp: setUp, output: output, before: before, exit: exit,
            code: "output-not-written",
            says: ["tokens/kopi", says], outcome: .kept, undo: undo, mayLeave: mayLeave)
    }

    private static let directories: [FileSystemFault] = [
        refused(
            "the directory is missing", "mv tokens gone", says: "does not exist; create it", outcome: .kept,
            file: "gone/kopi", undo: "mv gone tokens"),
        refused(
            "the directory is a file", "mv tokens gone; echo file > tokens", says: "not a directory", outcome: .kept,
            file: "gone/kopi", holds: "test file = \"$(cat tokens)\"", undo: "rm tokens; mv gone tokens"),
        refused(
            "the directory is a dangling link", "mv tokens gone; ln -s nowhere tokens", says: "does not exist",
            outcome: .kept, file: "gone/kopi", holds: "test ! -e nowhere", undo: "rm tokens; mv gone tokens"),
        refused(
            "the directory is a loop of links", "mv tokens gone; ln -s tokens tokens", says: "loop of links",
            outcome: .kept, file: "gone/kopi", undo: "rm tokens; mv gone tokens"),
        replaced(
            "the directory is a link to a good one", "mv tokens real; ln -s real tokens", holds: "test -L tokens",
            undo: "rm tokens; mv real tokens"),
        refused(
            "the directory may not be written", "chmod 555 tokens", says: "may not write to the directory", exit: 20,
            outcome: .kept, undo: "chmod 755 tokens", before: unprivileged),
        refused(
            "the directory may not be searched", needs: .root, "chmod 600 tokens", says: "not permitted",
            outcome: .kept,
            undo: "chmod 755 tokens", before: unprivileged),
        refused(
            "the directory may be written by everybody", "chmod 777 tokens", says: "any user may replace",
            outcome: .kept, undo: "chmod 755 tokens"),
        replaced("the directory has the sticky bit and is ours", "chmod 1777 tokens", undo: "chmod 755 tokens"),
        replaced("the directory may be written by its group", "chmod 2775 tokens", undo: "chmod 755 tokens"),
        refused(
            "the sticky directory is a stranger's", needs: .root, "chmod 1777 tokens; chown 1234 tokens",
            says: "belongs to user 1234", outcome: .kept, undo: "chown 0 tokens; chmod 755 tokens"),
        refused(
            "the directory is a stranger's", needs: .root, "chown 1234 tokens", says: "belongs to user 1234",
            outcome: .kept, undo: "chown 0 tokens"),
        refused(
            "the directory is immutable", needs: .root, "chattr +i tokens || exit 77", says: "may not write",
            exit: 20, outcome: .kept, undo: "chattr -i tokens"),
        failed(
            "the directory takes additions only", needs: .root, "chattr +a tokens || exit 77",
            says: "may not be replaced", undo: "chattr -a tokens", mayLeave: true),
        refused(
            "the directory is mounted read-only", needs: .mounts,
            "mount --bind tokens tokens && mount -o remount,ro,bind tokens", says: "read-only", exit: 20,
            outcome: .kept,
            undo: "umount tokens"),
        refused(
            "the file system is read-only", needs: .mounts,
            "\(tmpfs("size=1m")); mount -o remount,ro tokens", says: "read-only", exit: 20, outcome: .kept,
            undo: "umount tokens"),
        replaced("the directory is a mount", needs: .mounts, tmpfs("size=1m"), undo: "umount tokens"),
        replaced(
            "the directory is a bind mount", needs: .mounts, "mkdir other; mount --bind other tokens; chmod 755 tokens",
            undo: "umount tokens"),
        replaced(
            "the directory is an overlay", needs: .mounts,
            "mkdir up work all; mount -t tmpfs none all; mkdir all/up all/work; "
                + "mount -t overlay -o lowerdir=tokens,upperdir=all/up,workdir=all/work overlay tokens || { umount all; exit 77; }",
            undo: "umount tokens all"),
        image("ext4", "mkfs.ext4 -q -m 0"), image("xfs", "mkfs.xfs -q", size: "300M"),
        image("btrfs", "mkfs.btrfs -q", size: "120M"),
    ]

    static func tmpfs(_ options: String) -> String {
        "cp -p tokens/kopi kept; mount -t tmpfs -o mode=755,\(options) none tokens; cp -p kept tokens/kopi; rm kept"
    }

    static func image(_ name: String, _ make: String, size: String = "16M") -> FileSystemFault {
        replaced(
            "the file system is \(name)", needs: .mounts,
            "truncate -s \(size) image; \(make) image >/dev/null 2>&1 || exit 77; "
                + "mount -o loop image tokens || exit 77; chmod 755 tokens",
            undo: "umount tokens")
    }

    private static let targets: [FileSystemFault] = [
        refused(
            "the target is a link to a file", "mv tokens/kopi victim; ln -s ../victim tokens/kopi",
            says: "is a symbolic link",
            outcome: .kept, file: "victim", holds: "test -L tokens/kopi", undo: "rm tokens/kopi; mv victim tokens/kopi"),
        refused(
            "the target is a dangling link", "ln -sf ../nowhere tokens/kopi", says: "is a symbolic link",
            holds: "test -L tokens/kopi -a ! -e nowhere", undo: "rm tokens/kopi"),
        refused(
            "the target is a circle of links", "ln -sf kopi tokens/kopi", says: "is a symbolic link",
            holds: "test -L tokens/kopi", undo: "rm tokens/kopi"),
        refused(
            "a link is followed into a directory open to all",
            "mkdir open; chmod 777 open; mv tokens/kopi open/kopi; ln -s ../open/kopi tokens/kopi",
            says: "symbolic link", outcome: .kept, file: "open/kopi", undo: "rm tokens/kopi; mv open/kopi tokens/kopi"),
        replaced(
            "a link that may be followed leads to the file",
            "mkdir real; mv tokens/kopi real/kopi; ln -s ../real/kopi tokens/kopi",
            output: "mode: \"0640\", symlink: follow", file: "real/kopi",
            holds: "test -L tokens/kopi && test -z \"$(ls -A real | grep tmp)\"", undo: "mv -f real/kopi tokens/kopi"),
        refused(
            "the target is an empty directory", "rm tokens/kopi; mkdir tokens/kopi", says: "is a directory",
            holds: "test -d tokens/kopi", undo: "rmdir tokens/kopi"),
        refused(
            "the target is a full directory", "rm tokens/kopi; mkdir tokens/kopi; echo x > tokens/kopi/x",
            says: "is a directory", holds: "test -s tokens/kopi/x", undo: "rm -r tokens/kopi"),
        refused(
            "the target is a named pipe", "rm tokens/kopi; mkfifo tokens/kopi", says: "is a named pipe",
            holds: "test -p tokens/kopi", undo: "rm tokens/kopi"),
        refused(
            "the target is a socket",
            "rm tokens/kopi; cd tokens; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"kopi\")'",
            says: "is a socket", holds: "test -S tokens/kopi", undo: "rm tokens/kopi"),
        refused(
            "the target is a device", needs: .root, "rm tokens/kopi; mknod tokens/kopi c 1 3 || exit 77",
            says: "is a character device", holds: "test -c tokens/kopi", undo: "rm tokens/kopi"),
        refused(
            "the target is a disk", needs: .root, "rm tokens/kopi; mknod tokens/kopi b 7 200 || exit 77",
            says: "is a block device", holds: "test -b tokens/kopi", undo: "rm tokens/kopi"),
        refused(
            "the target is a mount point", needs: .mounts,
            "cp tokens/kopi mounted; mount --bind mounted tokens/kopi", says: "mount the directory instead",
            outcome: .kept, undo: "umount tokens/kopi"),
        failed(
            "the target is immutable", needs: .root, "chattr +i tokens/kopi || exit 77", says: "immutable",
            undo: "chattr -i tokens/kopi"),
        failed(
            "the target takes additions only", needs: .root, "chattr +a tokens/kopi || exit 77",
            says: "may not be replaced", undo: "chattr -a tokens/kopi"),
        failed(
            "the target is a stranger's in a sticky directory", needs: .root,
            "chown 1234 tokens/kopi; chmod 1777 tokens",
            // Another user, who may read everything: the program need not stand where everybody may.
            before: [
                "setpriv", "--reuid=4321", "--clear-groups", "--inh-caps=+dac_read_search",
                "--ambient-caps=+dac_read_search",
            ],
            // Nobody can tell whether the token there is one.
            says: "belongs to another user", exit: 22, undo: "chown 0 tokens/kopi; chmod 755 tokens"),
        replaced(
            "the target has another name", "ln tokens/kopi link; cp tokens/kopi old",
            holds: "cmp link old && ! cmp -s link tokens/kopi"),
        replaced("the target may not be read", "chmod 000 tokens/kopi", before: unprivileged),
        replaced("the target is empty", ": > tokens/kopi"),
        replaced("the target is cut", "truncate -s 100 tokens/kopi"),
        replaced("the target is huge and has holes", "truncate -s 2G tokens/kopi"),
        replaced("the target has another mode", "chmod 666 tokens/kopi"),
        replaced("the target is gone", "rm tokens/kopi"),
    ]
}
