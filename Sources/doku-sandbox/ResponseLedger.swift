// SPDX-License-Identifier: Apache-2.0

/// Stores the response to each Request-Id, so that a request is carried out only once, even if it arrives twice at the
/// same time. Entries stay until the process exits.
actor ResponseLedger {
    /// A Request-Id is unique within one client only.
    struct Key: Hashable, Sendable {
        let clientID: String
        let requestID: String
    }

    struct Handling: Sendable {
        var outcome: Outcome
        var fault: Fault?
        /// Whether this repeats the response to an earlier request with the same Request-Id.
        var isReplay = false
    }

    private var work: [Key: Task<Handling, Never>] = [:]

    /// Carries out a new request. A repeated request gets the first response again, with status 409.
    func handling(of key: Key, carryingOut carryOut: @escaping @Sendable () async -> Handling) async -> Handling {
        while let earlier = work[key] {
            if var response = await earlier.value.outcome.remembered {
                response.status = 409
                response.signing = .good
                return Handling(outcome: .answered(response), isReplay: true)
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
