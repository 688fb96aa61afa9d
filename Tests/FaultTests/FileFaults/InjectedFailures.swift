// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport

/// One system call that fails in one way, and what must come of it.
struct InjectedFailure {
    /// What a run ends in.
    enum Expectation {
        /// As if nothing had happened: exit 0, the new token stands.
        case unnoticed
        /// The old token stands untouched, and the run says so.
        case kept(exit: Int32, code: String?, says: [String])
        /// Nothing stands where nothing stood, and the run says so.
        case absent(exit: Int32, code: String, says: [String])
        /// The new token stands, and the run says what is wrong all the same.
        case published(exit: Int32, code: String, says: [String])
    }

    var name: String
    /// For the injector: `CALL PATTERN FIRST LAST ACTION`.
    var rules: [String]
    var expectation: Expectation
    /// The file under `tokens/` that the failure concerns; nil where it concerns every one.
    var target: String?
    /// Whether a temporary file may be left for the next run to sweep.
    var mayLeave = false
    /// Done before the run, by the shell.
    var setUp: String?
}

extension InjectedFailure {
    static let all: [InjectedFailure] =
        ["kopi", "second"].flatMap(publication) + preparation + startOfRun

    private static let errorNumbers: [(name: String, number: Int32)] = [
        ("EPERM", EPERM), ("ENOENT", ENOENT), ("EINTR", EINTR), ("EIO", EIO), ("ENXIO", ENXIO), ("EAGAIN", EAGAIN),
        ("ENOMEM", ENOMEM), ("EACCES", EACCES), ("EBUSY", EBUSY), ("EEXIST", EEXIST), ("EXDEV", EXDEV),
        ("EINVAL", EINVAL), ("ENFILE", ENFILE), ("EMFILE", EMFILE), ("EFBIG", EFBIG), ("ENOSPC", ENOSPC),
        ("EROFS", EROFS), ("EMLINK", EMLINK), ("ELOOP", ELOOP), ("ENOLCK", ENOLCK), ("ENODATA", ENODATA),
        ("ENOSYS", ENOSYS), ("EOPNOTSUPP", EOPNOTSUPP), ("ESTALE", ESTALE), ("EDQUOT", EDQUOT),
    ]

    /// Rows of the table: a call that fails in each of these ways, from the first to the last such call.
    private static func rows(
        _ call: String, _ pattern: String, _ names: String, _ expectation: Expectation, first: Int = 1, last: Int = 1,
        target: String? = nil, mayLeave: Bool = false, beside: [String] = [], setUp: String? = nil
    ) -> [InjectedFailure] {
        names.split(separator: " ").map { name in
            let action = errorNumbers.first { $0.name == name }.map { "\($0.number)" } ?? String(name)
            let which = last == 0 ? "from \(first) on" : first == last ? "\(first)" : "\(first) to \(last)"
            return InjectedFailure(
                name: "\(call) \(pattern): \(name), \(which)\(beside.isEmpty ? "" : ", beside \(beside)")",
                rules: ["\(call) \(pattern) \(first) \(last) \(action)"] + beside, expectation: expectation,
                target: target, mayLeave: mayLeave, setUp: setUp)
        }
    }

    /// Every call from the temporary file to the durable name.
    private static func publication(of target: String) -> [InjectedFailure] {
        let temporary = "*/tokens/.\(target).*.tmp"
        let file = "*/tokens/\(target)"
        func kept(_ says: String...) -> Expectation {
            .kept(exit: 20, code: "output-not-written", says: ["tokens/\(target)"] + says)
        }
        func each(
            _ call: String, _ pattern: String, _ names: String, _ expectation: Expectation, first: Int = 1,
            last: Int = 1, mayLeave: Bool = false, beside: [String] = [], setUp: String? = nil
        ) -> [InjectedFailure] {
            rows(
                call, pattern, names, expectation, first: first, last: last, target: target, mayLeave: mayLeave,
                beside: beside, setUp: setUp)
        }
        let list = "setfacl -d -m u:1:rw tokens"
        var table: [InjectedFailure] = []
        table += each("create", temporary, "ENOSPC EDQUOT", kept("no space, inodes or quota left", "is untouched"))
        table += each("create", temporary, "EIO ENXIO ENOMEM ENOENT", kept("while creating the temporary file"))
        table += each("create", temporary, "EROFS", kept("read-only"))
        table += each("create", temporary, "EMFILE ENFILE", kept("raise the limit"))
        table += each("create", temporary, "EACCES EPERM", kept("may not write to the directory"))
        table += each("create", temporary, "EEXIST", kept("while creating"), last: 0)
        table += each("create", temporary, "EEXIST EINTR", .unnoticed, last: 5)
        table += each("write", temporary, "ENOSPC EDQUOT", kept("no space, inodes or quota left"))
        table += each("write", temporary, "EIO ENOMEM EPERM EAGAIN none", kept("while writing|not permitted"))
        table += each("write", temporary, "EFBIG", kept("larger than allowed"))
        table += each("write", temporary, "short", .unnoticed, last: 0)
        table += each("write", temporary, "EINTR", .unnoticed, last: 7)
        for (first, action) in [(2, "ENOSPC"), (5, "EIO"), (9, "EDQUOT")] {
            table += each(
                "write", temporary, action, kept("old file is untouched"), first: first, last: first,
                beside: ["write \(temporary) 1 0 short"])
        }
        table += each("fgetxattr", temporary, "ENODATA EOPNOTSUPP ENOSYS EINTR", .unnoticed)
        table += each(
            "fgetxattr", temporary, "EIO ENOMEM EACCES", kept("inherited access list|not permitted"), setUp: list)
        table += each("fremovexattr", temporary, "EIO EPERM ENOSPC", kept("access list"), setUp: list)
        table += each("fremovexattr", temporary, "EINTR", .unnoticed, last: 2, setUp: list)
        // The sweep looks at leftovers as well.
        table += each("look", temporary, "EIO ENOMEM", kept("while reading its status"), last: 0, mayLeave: true)
        table += each("fchown", temporary, "EPERM EINVAL", kept("owner or group could not be set", "foreign-group"))
        table += each("fchown", temporary, "EIO EROFS EDQUOT ENOMEM", kept("setting the owner|read-only|quota"))
        table += each("fchown", temporary, "EINTR", .unnoticed, last: 2)
        table += each("fchmod", temporary, "EPERM EIO EROFS", kept("setting the mode|read-only"))
        table += each("fchmod", temporary, "EINTR", .unnoticed, last: 2)
        // What a failed sync left cannot be trusted: one fresh temporary file, then the end.
        table += each("fsync", temporary, "EIO ENOSPC EDQUOT EROFS", .unnoticed)
        table += each("fsync", temporary, "EIO ENOMEM", kept("while writing to disk"), last: 2)
        table += each("fsync", temporary, "ENOSPC EDQUOT EROFS", kept("no space|read-only"), last: 0)
        table += each("fsync", temporary, "EINTR", .unnoticed, last: 3)
        table += each("close", temporary, "EIO ENOSPC EDQUOT", kept("closing|no space"))
        table += each("close", temporary, "EINTR", .unnoticed)
        table += each("rename", file, "ENOSPC EDQUOT EIO EROFS ENOMEM", kept("no space|while replacing|read-only"))
        table += each("rename", file, "EXDEV ESTALE ENOENT EMLINK", kept("while replacing"))
        table += each("rename", file, "EACCES EPERM", kept("immutable"))
        table += each("rename", file, "EBUSY", kept("mount the directory"))
        table += each("rename", file, "EINTR", .unnoticed, last: 3)
        // Where nothing stands, the new file is renamed so that it replaces nothing; on some file systems that cannot be
        // asked for.
        let nothing = "rm tokens/\(target)"
        table += each("rename", file, "EEXIST EINVAL ENOSYS EOPNOTSUPP EPERM EINTR", .unnoticed, setUp: nothing)
        table += each(
            "rename", file, "ENOSPC EIO EROFS EBUSY",
            .absent(exit: 22, code: "output-not-written", says: ["tokens/\(target)"]), setUp: nothing)
        table += each(
            "rename", file, "EPERM",
            .absent(exit: 22, code: "output-not-written", says: ["tokens/\(target)", "immutable"]), last: 2,
            setUp: nothing)
        for name in ["EIO", "EPERM", "EROFS", "EACCES", "EBUSY"] {
            table += each(
                "unlink", temporary, name, kept("while replacing"), last: 0, mayLeave: true,
                beside: ["rename \(file) 1 1 \(EIO)"])
        }
        table += each(
            "unlink", temporary, "EINTR", kept("while replacing"), last: 3, beside: ["rename \(file) 1 1 \(EIO)"])
        // The look before the write: the survey's two, then the publication's own.
        table += each("look", file, "EINTR", .unnoticed, last: 2)
        table += each("open", file, "EINTR ENOENT", .unnoticed)
        // A file that cannot be read is as good as none: a new token replaces it.
        table += each("open", file, "EACCES EIO ESTALE", .unnoticed)
        table += each("read", file, "EIO ENOMEM", .unnoticed, last: 0)
        table += each("read", file, "short", .unnoticed, last: 0)
        table += each("read", file, "EINTR", .unnoticed, last: 3)
        table += each(
            "open", file, "EMFILE ENFILE ENOMEM",
            .kept(exit: 22, code: "output-refused", says: ["tokens/\(target)", "raise the limit|while opening"]))
        table += each(
            "look", file, "EIO ENOMEM EACCES",
            .kept(exit: 22, code: "output-refused", says: ["tokens/\(target)", "reading its status"]))
        return table
    }

    /// The directory: opened, checked, swept, and made durable.
    private static let preparation: [InjectedFailure] = {
        func refused(_ says: String...) -> Expectation {
            .kept(exit: 22, code: "output-refused", says: ["tokens"] + says)
        }
        let unsafe = Expectation.published(
            exit: 10, code: "durability-unknown", says: ["tokens", "a power failure may lose it"])
        var table: [InjectedFailure] = []
        table += rows("open", "*tokens", "EMFILE ENFILE", refused("raise the limit"), last: 0, mayLeave: true)
        table += rows("open", "*tokens", "ENOMEM EIO", refused("while opening"), last: 0, mayLeave: true)
        table += rows("open", "*tokens", "EACCES", refused("not permitted"), last: 0, mayLeave: true)
        table += rows("open", "*tokens", "ELOOP", refused("loop of links"), last: 0, mayLeave: true)
        table += rows("open", "*tokens", "ENOENT", refused("the directory does not exist"), last: 0, mayLeave: true)
        table += rows("open", "*tokens", "EINTR", .unnoticed, last: 4)
        table += rows("look", "*/tokens", "EIO ENOMEM", refused("reading its status"), last: 0, mayLeave: true)
        table += rows("look", "*/tokens", "EINTR", .unnoticed, last: 3)
        let closed = { Expectation.kept(exit: 20, code: "output-refused", says: ["tokens", $0]) }
        table += rows("access", "*/tokens/.", "EROFS", closed("read-only"))
        table += rows("access", "*/tokens/.", "EACCES EPERM", closed("may not write to the directory"))
        table += rows("access", "*/tokens/.", "EIO ENOMEM", closed("failed"))
        table += rows("access", "*/tokens/.", "EINTR", .unnoticed, last: 3)
        // Nothing but a leftover depends on the sweep: the next run does it.
        table += rows("open", "*/tokens/.", "EMFILE ENOMEM EIO EACCES", .unnoticed, mayLeave: true)
        table += rows("open", "*/tokens/.", "EINTR", .unnoticed)
        table += rows("unlink", "*/tokens/.*.tmp", "EIO EPERM EROFS EBUSY", .unnoticed, mayLeave: true)
        table += rows("unlink", "*/tokens/.*.tmp", "EINTR", .unnoticed)
        table += rows("fsync", "*/tokens", "EIO ENOSPC EDQUOT EROFS ENOMEM EINVAL", unsafe)
        table += rows("fsync", "*/tokens", "EINTR", .unnoticed, last: 3)
        return table
    }()

    /// The configuration, the lock and the secret.
    private static let startOfRun: [InjectedFailure] = {
        func unreadable(_ says: String...) -> Expectation {
            .kept(exit: 78, code: nil, says: ["config.yaml"] + says)
        }
        func noSecret(_ says: String...) -> Expectation {
            .kept(exit: 20, code: "secret-unreadable", says: ["secrets/kopi"] + says)
        }
        var table: [InjectedFailure] = []
        table += rows("open", "*config.yaml", "EMFILE ENFILE", unreadable("raise the limit"), mayLeave: true)
        table += rows("open", "*config.yaml", "EACCES EPERM", unreadable("not permitted"), mayLeave: true)
        table += rows("open", "*config.yaml", "EIO ENOMEM ENXIO", unreadable("while opening"), mayLeave: true)
        table += rows("open", "*config.yaml", "ENOENT", unreadable("does not exist"), mayLeave: true)
        table += rows("open", "*config.yaml", "EINTR", .unnoticed, last: 4)
        table += rows("look", "*config.yaml", "EIO", unreadable("reading its status"), mayLeave: true)
        table += rows("read", "*config.yaml", "EIO", unreadable("while reading"), mayLeave: true)
        table += rows("read", "*config.yaml", "EINTR", .unnoticed, last: 3)
        table += rows("read", "*config.yaml", "short", .unnoticed, last: 0)
        table += rows(
            "flock", "*config.yaml", "ENOLCK EOPNOTSUPP ENOSYS EINVAL", unreadable("does not support locks"),
            mayLeave: true)
        table += rows(
            "flock", "*config.yaml", "EAGAIN", .kept(exit: 75, code: nil, says: ["config.yaml", "--wait"]),
            mayLeave: true)
        table += rows("flock", "*config.yaml", "EINTR", .unnoticed, last: 3)
        table += rows("open", "*secrets/kopi", "EMFILE ENFILE", noSecret("raise the limit"))
        table += rows("open", "*secrets/kopi", "EACCES EPERM", noSecret("not permitted"))
        table += rows("open", "*secrets/kopi", "EIO ENOMEM", noSecret("while opening"))
        table += rows("open", "*secrets/kopi", "ENOENT", noSecret("does not exist"))
        table += rows("open", "*secrets/kopi", "EINTR", .unnoticed, last: 2)
        table += rows("look", "*secrets/kopi", "EIO ENOMEM", noSecret("reading its status"))
        table += rows("read", "*secrets/kopi", "EIO ENOMEM", noSecret("while reading"))
        table += rows("read", "*secrets/kopi", "EINTR", .unnoticed, last: 3)
        table += rows("read", "*secrets/kopi", "short", .unnoticed, last: 0)
        return table
    }()
}
