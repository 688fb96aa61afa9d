// SPDX-License-Identifier: Apache-2.0

import FlyingFox
import FlyingSocks
import Glibc

/// The server's default socket pool, with TCP_NODELAY on each socket.
///
/// The server writes the head and the body of a response in two calls. On a reused connection, Nagle's algorithm would
/// hold back the body until the client's delayed acknowledgement: 40 ms for each response.
struct NoDelayPool: AsyncSocketPool {
    private let pool: any AsyncSocketPool = HTTPServer.defaultPool()

    func prepare() async throws { try await pool.prepare() }
    func run() async throws { try await pool.run() }

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        // Accepted sockets inherit the option from the listening socket, which waits first.
        try? socket.setValue(true, for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY))
        try await pool.suspendSocket(socket, untilReadyFor: events)
    }
}
