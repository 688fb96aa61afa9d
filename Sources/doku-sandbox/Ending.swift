// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// The ways in which the sandbox ends by itself. Each leaves at once and with status 0, whatever is still being
/// answered: `_exit`, since libcrypto's exit handlers must not meet a thread that is signing.
struct Ending {
    private let queue = DispatchQueue(label: "ending")
    private var signals: [any DispatchSourceSignal] = []

    /// On SIGTERM, on SIGINT, and after `seconds`; at the end of standard input if asked for.
    init(after seconds: Int, untilStandardInputCloses: Bool, onHangUp reload: @escaping @Sendable () -> Void) {
        // A client that goes away is no reason to end.
        _ = signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT] {
            watch(number) { Self.leave() }
        }
        watch(SIGHUP, reload)
        queue.asyncAfter(deadline: .now() + .seconds(seconds)) { @Sendable in Self.leave() }
        if untilStandardInputCloses {
            DispatchQueue(label: "standard-input").async { @Sendable in
                var byte: UInt8 = 0
                while true {
                    let count = unsafe read(STDIN_FILENO, &byte, 1)
                    if count == 0 || (count < 0 && errno != EINTR) { Self.leave() }
                }
            }
        }
    }

    private mutating func watch(_ number: Int32, _ action: @escaping @Sendable () -> Void) {
        // The default action comes first unless the signal is ignored.
        _ = signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { @Sendable in action() }
        source.resume()
        signals.append(source)
    }

    private static func leave() -> Never { _exit(0) }
}
