// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// As whom this process acts.
package enum ProcessIdentity {
    package static var user: UInt32 { geteuid() }
    package static var group: UInt32 { getegid() }
}
