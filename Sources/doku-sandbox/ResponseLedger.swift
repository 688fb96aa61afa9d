// SPDX-License-Identifier: Apache-2.0

/// Stores the response to each Request-Id, so that a request is carried out only once, even if it arrives twice at the
/// same time. Entries stay until the process exits.
actor ResponseLedger {
    /// By client and Request-Id. A Request-Id is unique within one client only.
    private var work: [[String]: Task<Response, Never>] = [:]

    /// Carries out a new request. A repeated request gets the first response again, with status 409.
    func response(
        to request: TokenRequest, carryingOut carryOut: @escaping @Sendable () async -> Response
    ) async -> Response {
        let key = [request.brand.clientID, request.requestID]
        while let earlier = work[key] {
            let response = await earlier.value
            if response.isRemembered {
                return Response(status: 409, body: response.body, signing: .good, isReplay: true)
            }
            if work[key] == earlier { work[key] = nil }
        }
        let task = Task { await carryOut() }
        work[key] = task
        let response = await task.value
        if !response.isRemembered, work[key] == task { work[key] = nil }
        return response
    }
}
