// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

/// A thread that is not joined. libdispatch has at most 255 threads, and a thread that waits for a hung disk may
/// never return.
package enum DetachedThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// In bytes.
    private static let stackSize = 512 << 10

    /// - Returns: false if the system cannot start a thread.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        let passed = unsafe Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, &attributes,
            { passed in
                guard let passed = unsafe passed else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(passed).takeRetainedValue().run()
                return nil
            }, passed.toOpaque())
        if status != 0 { unsafe passed.release() }
        return status == 0
    }
}
