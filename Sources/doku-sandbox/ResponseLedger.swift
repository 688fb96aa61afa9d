// SPDX-License-Identifier: Apache-2.0

/// Remembers what each Request-Id was answered, so that none is carried out twice, not even when they come at once.
/// Grows until the process ends, which it does by itself.
actor AnswerLedger {
    /// A Request-Id is unique within its client only.
    struct Key: Hashable, Sendable {
        let clientID: String
        let requestID: String
    }

    /// What became of a request, and why.
    struct Handling: Sendable {
        var outcome: Outcome
        var fault: Fault?
        /// Whether it is the outcome of an earlier request with the same Request-Id.
        var isReplay = false
    }

    private var work: [Key: Task<Handling, Never>] = [:]

    /// What becomes of the request: carried out if it is new, else the first answer again with status 409.
    func handling(
        of key: Key, carryingOut carryOut: @escaping @Sendable () async -> Handling
    ) async -> Handling {
        while let earlier = work[key] {
            if var answer = await earlier.value.outcome.remembered {
                answer.status = 409
                answer.signing = .good
                return Handling(outcome: .answered(answer), isReplay: true)
            }
            if work[key] == earlier { work[key] = nil }
        }
        let task = Task { await carryOut() }
        work[key] = task
        let handling = await task.value
        if handling.outcome.remembered == nil, work[key] == task { work[key] = nil }
        return handling
    }
}
