// SPDX-License-Identifier: Apache-2.0

internal import CFuzzer
internal import Glibc

/// Feeds one of the readers of foreign bytes with what libFuzzer makes up. Usage: `FUZZ_READER=name fuzz [libFuzzer's
/// arguments]`; the names are those of ``Reader``.
@main enum Fuzz {
    enum Reader: String, CaseIterable {
        case configuration, answer, dialect, journal
        case retryAfter = "retry-after"
        /// A planted fault, to see that faults are found.
        case planted

        func take(_ bytes: [UInt8]) {
            switch self {
            case .configuration: fuzzConfiguration(bytes)
            case .answer: fuzzAnswer(bytes)
            case .retryAfter: fuzzRetryAfter(bytes)
            case .dialect: fuzzDialect(bytes)
            case .journal: fuzzJournal(bytes)
            case .planted: require(!bytes.starts(with: "torn".utf8), "the planted fault")
            }
        }
    }

    static let reader: Reader? = {
        guard let name = unsafe getenv("FUZZ_READER") else { return nil }
        return Reader(rawValue: unsafe String(cString: name))
    }()

    static func main() {
        guard reader != nil else {
            print("FUZZ_READER is one of: \(Reader.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(64)
        }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
        let status = unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
            let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
            Fuzz.reader?.take(bytes)
            return 0
        }
        exit(status)
    }
}

/// What must hold for every input: libFuzzer keeps the input where it does not.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
    guard !condition else { return }
    // Straight to the descriptor: nothing is flushed by an abort.
    let line = Array("violated: \(what())\n".utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    abort()
}
