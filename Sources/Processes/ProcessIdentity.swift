// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The effective user and group of this process.
package enum ProcessIdentity {
    package static var user: UInt32 { geteuid() }
    package static var group: UInt32 { getegid() }
}
