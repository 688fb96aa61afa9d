// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Results that come in from many lanes, each in its own place.
final class Slots<Value: Sendable>: Sendable {
    private let state: Mutex<[Value]>

    init(count: Int, empty: Value) {
        state = Mutex(Array(repeating: empty, count: count))
    }

    func set(_ index: Int, _ value: Value) { state.withLock { $0[index] = value } }

    var values: [Value] { state.withLock { $0 } }
}
