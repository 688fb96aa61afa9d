// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FlyingSocks
import Glibc

/// The server's usual waiting for sockets, with Nagle's algorithm switched off on each (TCP_NODELAY).
///
/// The server writes head and body of an answer by two calls. On a connection that is used again the second would wait
/// for the client's delayed acknowledgement of the first: 40 ms for each answer.
struct PromptPool: AsyncSocketPool {
    private let pool: any AsyncSocketPool = HTTPServer.defaultPool()

    func prepare() async throws { try await pool.prepare() }
    func run() async throws { try await pool.run() }

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        // The listening socket waits first, and what it accepts inherits the option; one accepted before that waits too.
        try? socket.setValue(true, for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
        try await pool.suspendSocket(socket, untilReadyFor: events)
    }
}
