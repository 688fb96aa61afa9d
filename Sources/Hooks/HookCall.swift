// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Processes

/// One call of a hook's program: its input and its outcome.
struct HookCall {
    let hook: Hook
    let entry: HookJournal.Entry
    /// All brands of the configuration.
    let brands: [Brand]
    let runID: String
    /// The exit status of the run so far.
    let exitStatus: ExitStatus
    /// Whether an earlier run did not deliver it.
    let isOverdue: Bool

    /// The maximum number of output bytes that are kept.
    static let keptOutput = 4096
    /// The maximum number of bytes in one variable. The kernel's limit is 128 KiB (MAX_ARG_STRLEN, execve(2)). A lower
    /// limit keeps the output of `env` readable.
    static let longestList = 32 << 10

    /// Runs the program, unless the run is stopped or its deadline has passed.
    func outcome(
        deadline: ContinuousClock.Instant, stop: Cancellation, redact: ([UInt8]) -> String?
    ) -> HookOutcome {
        var outcome = HookOutcome(name: hook.name, result: .delivered)
        if isOverdue { outcome.pendingSince = entry.since }
        let began = ContinuousClock.now
        let obstacle: String? =
            stop.isBySignal ? "the run was stopped" : began >= deadline ? "the run's deadline passed" : nil
        if let obstacle {
            outcome.result = .pending
            outcome.message = "\(obstacle) before the hook started"
            return outcome
        }
        let command = Command(
            argv: hook.argv, timeout: min(hook.timeout, deadline - began), maximumOutput: Self.keptOutput,
            standardInput: Array(list.utf8), environment: Command.inheritedEnvironment + environment)
        let (output, failure) = command.runKeepingOutput(isCancelled: { stop.isBySignal })
        outcome.duration = .now - began
        switch failure {
        case nil: outcome.exitStatus = 0
        case .cancelled: outcome.result = .pending
        case .timedOut: outcome.result = .timedOut
        case .exited(let status):
            outcome.result = .failed
            outcome.exitStatus = status
        case .couldNotStart, .lost, .killed, .tooMuchOutput: outcome.result = .failed
        }
        outcome.message = failure.map(command.explanation)
        // After a stop there is no time to redact the output.
        if failure != nil, failure != .cancelled, !output.isEmpty { outcome.output = redact(output) }
        return outcome
    }

    /// In the order of the configuration.
    private func names(_ set: Set<String>) -> [String] {
        set.isEmpty ? [] : brands.lazy.map(\.name).filter(set.contains)
    }

    /// Standard input: one line for each brand, without a limit.
    var list: String {
        (names(entry.changed).map { "changed \($0)\n" } + names(entry.failed).map { "failed \($0)\n" }).joined()
    }

    /// The variables that are added to the inherited environment.
    var environment: [String] {
        var variables = [
            "DOKU_HOOK=\(hook.name)", "DOKU_RUN_ID=\(runID)", "DOKU_EXIT_CODE=\(exitStatus.rawValue)",
            "DOKU_CHANGED_COUNT=\(entry.changed.count)", "DOKU_FAILED_COUNT=\(entry.failed.count)",
        ]
        for (variable, set) in [("DOKU_CHANGED_BRANDS", entry.changed), ("DOKU_FAILED_BRANDS", entry.failed)] {
            let names = names(set).joined(separator: " ")
            if names.utf8.count <= Self.longestList { variables.append("\(variable)=\(names)") }
        }
        if isOverdue { variables.append("DOKU_PENDING_SINCE=\(entry.since)") }
        return variables
    }
}
