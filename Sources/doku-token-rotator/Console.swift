// SPDX-License-Identifier: Apache-2.0

// The messages of this program:
// - Success says nothing unless somebody is watching; a failure says which brand, what happened and what to do.
// - One line each, no control characters, no secret, no token.
// - Data goes to standard output, everything else to standard error.

internal import Glibc
internal import Model
internal import ProcessState
internal import TokenRotation

/// The two streams that the program writes to.
enum Console: Int32 {
    case standardOutput = 1
    case standardError = 2

    /// Writes all of `text`.
    /// - Returns: why it could not be written; nil where it was, and where nobody wants it: a reader that has gone, a
    ///   stream that was closed.
    @discardableResult
    func write(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes -> String? in
            var written = 0
            while written < bytes.count {
                let count = unsafe Glibc.write(
                    rawValue, bytes.baseAddress.unsafelyUnwrapped + written, bytes.count - written)
                if count < 0 && errno == EINTR { continue }
                if count < 0 && errno == EAGAIN {
                    // Whoever gave us this stream made it non-blocking.
                    var wait = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                    unsafe _ = poll(&wait, 1, 1000)
                    continue
                }
                guard count > 0 else {
                    return errno == EPIPE || errno == EBADF ? nil : unsafe String(cString: strerror(errno))
                }
                written += count
            }
            return nil
        }
    }

    /// Says on standard error what keeps a command from its work, each line as the journal wants it where that reads
    /// along.
    static func complain(_ text: String) {
        let log = RunLog(format: .suitable, runID: "")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            log.write(.error, String(line))
        }
    }

    /// Says that what was asked for did not get through, where that is so.
    /// - Returns: whether all is well.
    @discardableResult
    static func complain(ifLost reason: String?) -> Bool {
        guard let reason else { return true }
        complain("standard output: \(reason)")
        return false
    }

    /// Writes what a command was asked for to standard output.
    /// - Throws: ``End`` where it gets lost: there is nothing else that the command does.
    static func deliver(_ text: String) throws(End) {
        guard complain(ifLost: standardOutput.write(text)) else { throw End(status: .internal) }
    }

    /// Whether the stream goes to the journal: `JOURNAL_STREAM` names its device and inode (systemd.exec(5)).
    var isJournal: Bool {
        guard let stream = EnvironmentVariable.read("JOURNAL_STREAM") else { return false }
        var status = stat()
        return unsafe fstat(rawValue, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }

    var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Whether it is a terminal on which what was written can be taken back.
    var takesControls: Bool { isTerminal && EnvironmentVariable.read("TERM") ?? "dumb" != "dumb" }

    /// Whether colours are wanted, unless `NO_COLOR` (no-color.org) says otherwise.
    var takesColours: Bool { takesControls && EnvironmentVariable.read("NO_COLOR").map(\.isEmpty) ?? true }

    /// Columns of the terminal, 80 where it does not tell.
    var width: Int {
        var size = winsize()
        let isKnown = unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// Ends the process at once, without the C library's exit handlers.
    static func leave(_ status: Int32) -> Never { _exit(status) }
}
