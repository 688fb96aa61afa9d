// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// The events that make the sandbox exit. It exits at once with status 0, even if requests are open. It calls `_exit`
/// because libcrypto's exit handlers must not run while another thread signs.
struct Ending {
    private let queue = DispatchQueue(label: "ending")
    private var signals: [any DispatchSourceSignal] = []

    /// Exits on SIGTERM, on SIGINT, after `seconds`, and optionally at the end of standard input.
    init(after seconds: Int, untilStandardInputCloses: Bool, onHangUp reload: @escaping @Sendable () -> Void) {
        // A client that closes its connection must not end the process.
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
        // Unless the signal is ignored, its default action ends the process.
        _ = signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { @Sendable in action() }
        source.resume()
        signals.append(source)
    }

    private static func leave() -> Never { _exit(0) }
}
