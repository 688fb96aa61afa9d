// SPDX-License-Identifier: Apache-2.0

// The messages of this program:
// - Success is silent, except on a terminal. A failure has the brand, the problem and the action.
// - Each message is one line without control characters, secrets and tokens.
// - Data goes to standard output. Everything else goes to standard error.

internal import ArgumentParser
internal import Glibc
internal import Model
internal import Processes

/// The two streams that the program writes to.
enum Console: Int32 {
    case standardOutput = 1
    case standardError = 2

    /// Writes all of `text`.
    /// - Returns: the error. Nil if the text was written, or if the reader or the stream is closed.
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
                    // The stream is non-blocking.
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

    /// Writes a document that is produced in pieces. Buffers small pieces.
    /// - Returns: the error, as for one text.
    func write(_ document: ((String) -> Void) -> Void) -> String? {
        var pieces = ""
        var lost: String?
        func pass() {
            if lost == nil { lost = write(pieces) }
            pieces.removeAll(keepingCapacity: true)
        }
        document { piece in
            pieces += piece
            if pieces.utf8.count >= 1 << 16 { pass() }
        }
        pass()
        return lost
    }

    /// Writes an error to standard error. Each line has a priority if standard error is the journal.
    static func complain(_ text: String) {
        let log = RunLog(format: .suitable, runID: "")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            log.write(.error, String(line))
        }
    }

    /// Writes the result of a command to standard output. Complains if it is incomplete.
    /// - Returns: whether there was no error.
    @discardableResult
    static func deliver(_ document: ((String) -> Void) -> Void) -> Bool {
        guard let reason = standardOutput.write(document) else { return true }
        complain("standard output: \(reason)")
        return false
    }

    /// Writes the whole result of a command to standard output.
    /// - Throws: `ExitCode` if it cannot be written.
    static func deliver(_ text: String) throws {
        guard deliver({ $0(text) }) else { throw ExitCode(.internal) }
    }

    /// Whether the stream is the journal. `JOURNAL_STREAM` has its device and inode (systemd.exec(5)).
    var isJournal: Bool {
        guard let stream = EnvironmentVariable.read("JOURNAL_STREAM") else { return false }
        var status = stat()
        return unsafe fstat(rawValue, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }

    var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Whether it is a terminal that understands control sequences.
    var takesControls: Bool { isTerminal && EnvironmentVariable.read("TERM") ?? "dumb" != "dumb" }

    /// Whether to use colours. `NO_COLOR` (no-color.org) disables them.
    var takesColours: Bool { takesControls && EnvironmentVariable.read("NO_COLOR").map(\.isEmpty) ?? true }

    /// The columns of the terminal, 80 if unknown. nil if it is no terminal, so that pipes and files get whole lines.
    var width: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        let isKnown = unsafe ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// Exits at once, without the exit handlers of the C library.
    static func leave(_ status: Int32) -> Never { _exit(status) }
}
