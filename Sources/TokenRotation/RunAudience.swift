// SPDX-License-Identifier: Apache-2.0

package import Model

/// Those who are told how a run goes, besides whoever started it.
package protocol RunAudience: Sendable {
    /// A run has the lock and begins its work. Must not wait for anybody.
    ///
    /// - Parameters:
    ///   - report: what is known of the run by now.
    ///   - secrets: holds those secrets that the environment had.
    func runBegan(_ report: RunReport, secrets: SecretReader)

    /// A run has ended, but still has its lock, where it had one: the moment for files that the next run reads.
    /// - Returns: who could not be told and why, one sentence each.
    func runEnded(_ report: RunReport) -> [String]
}
