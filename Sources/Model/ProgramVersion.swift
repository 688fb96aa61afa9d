// SPDX-License-Identifier: Apache-2.0

/// The version in `--version`, the report and the `User-Agent`.
package enum ProgramVersion {
    package static let text = "0.2.0"
    package static let userAgent = "doku-token-rotator/\(text)"
}
