// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// Whether what came of a fault is what had to.
struct NetworkVerdict {
    private struct Report: Decodable {
        struct Brand: Decodable {
            let name: String
            let outcome: String
            let code: String?
            let transient: Bool?
            let message: String?
            let attempts: Int

            var words: String { "\(outcome) \(code ?? "") after \(attempts): \(message ?? "")" }
        }
        let exit_code: Int32
        let warnings: [String]
        let brands: [Brand]
    }

    let stage: NetworkStage
    let ending: ChildProcess.Ending
    let requests: [FaultListeners.Request]

    /// - Throws: ``FaultProblem`` for the first thing that is wrong.
    func check() throws {
        guard let report = try? JSONDecoder().decode(Report.self, from: ending.standardOutput) else {
            throw FaultProblem(
                "wrong outcomes", "no report: \(String(decoding: ending.standardError.suffix(500), as: UTF8.self))")
        }
        let expected = stage.expectation
        let struck = try struckBrand(report)
        var exit: Int32 = 0
        for brand in stage.brands {
            guard let found = report.brands.first(where: { $0.name == brand.name }) else {
                throw FaultProblem("wrong outcomes", "\(brand.name) is not in the report")
            }
            let wanted = self.wanted(of: brand, struck)
            exit = max(exit, wanted.exit)
            try check(brand, found, wanted)
            try checkFile(brand, wanted)
        }
        if report.brands.contains(where: { $0.transient == true }) { exit = min(exit, 10) }
        guard ending.status == exit, report.exit_code == exit else {
            throw FaultProblem(
                "wrong outcomes",
                "exit \(ending.status), reported \(report.exit_code), not \(exit): "
                    + report.brands.map(\.words).joined(separator: "; "))
        }
        if let word = stage.fault.warns, !report.warnings.contains(where: { $0.hasPrefix(word) }) {
            throw FaultProblem("wrong outcomes", "no warning \(word), but \(report.warnings)")
        }
        guard ending.duration <= .seconds(stage.fault.longest * TestScale.slowdown) else {
            throw FaultProblem("wrong outcomes", "it took \(ending.duration)")
        }
        try checkRequests(expected)
        guard stage.leftovers.isEmpty else { throw FaultProblem("torn files", "left: \(stage.leftovers)") }
        if let place = try stage.leak(ending) { throw FaultProblem("leaked secrets", place) }
    }

    /// The one brand of several whose connection was the first: whichever is told from the others by its end.
    private func struckBrand(_ report: Report) throws -> String? {
        guard case .firstConnection(let struck) = stage.fault.company, stage.brands.count > 1 else { return nil }
        let different = report.brands.filter { $0.outcome != "rotated" || $0.attempts != 1 }
        guard different.count == 1 else {
            throw FaultProblem(
                "wrong outcomes",
                "one brand of three must be hit by what befalls one connection, not \(different.count): "
                    + report.brands.map(\.words).joined(separator: "; ") + ", expected once: \(struck.outcome)")
        }
        return different[0].name
    }

    private func wanted(of brand: NetworkStage.Brand, _ struck: String?) -> NetworkFault.Expectation {
        let isFaulty = brand.name == NetworkStage.faulty.name
        guard stage.brands.count > 1 else { return stage.expectation }
        switch stage.fault.company {
        case .oneByClient: return isFaulty ? stage.expectation : .rotated()
        case .all(let each): return each
        case .firstConnection(let what): return brand.name == struck ? what : .rotated()
        case .sharedConnection: return .rotated(nil, attempts: 1...3)
        }
    }

    private func check(
        _ brand: NetworkStage.Brand, _ found: Report.Brand, _ wanted: NetworkFault.Expectation
    ) throws {
        let isRight =
            found.outcome == wanted.outcome
            && (found.code == wanted.code || found.code != nil && found.code == wanted.otherCode)
            && wanted.attempts.contains(found.attempts)
        guard isRight else {
            throw FaultProblem(
                "wrong outcomes",
                "\(brand.name): \(found.words), not \(wanted.outcome) \(wanted.code ?? "") after \(wanted.attempts)")
        }
        guard found.transient == (wanted.isRotated ? nil : wanted.exit == 10) else {
            throw FaultProblem("wrong outcomes", "\(brand.name): transient is \(String(describing: found.transient))")
        }
        guard wanted.isRotated || found.message?.isEmpty == false else {
            throw FaultProblem("wrong outcomes", "\(brand.name): a failure without a word")
        }
    }

    private func checkFile(_ brand: NetworkStage.Brand, _ wanted: NetworkFault.Expectation) throws {
        let (old, now) = (stage.before[brand.name], stage.contents(brand))
        // The server may give the very token that is there.
        let isGivenAgain = brand.name == NetworkStage.faulty.name && stage.fault.steps == ["current"]
        if wanted.isRotated, !isGivenAgain {
            guard let now, now != old, ReadToken.isWhole(now, clientID: brand.clientID) else {
                throw FaultProblem("torn files", "\(brand.name) has no new whole token")
            }
        } else if now != old {
            throw FaultProblem("torn files", "the last good token of \(brand.name) is not what it was")
        }
    }

    private func checkRequests(_ expected: NetworkFault.Expectation) throws {
        guard requests.allSatisfy(\.isSigned) else {
            throw FaultProblem("wrong outcomes", "a request with a wrong signature")
        }
        let mine = requests.filter { $0.client == NetworkStage.faulty.clientID }
        // The body of a repeated Request-Id is the same, and nobody else ever has it.
        for (id, same) in Dictionary(grouping: requests, by: \.id)
        where Set(same.map(\.digest)).count > 1
            || Set(same.map(\.client)).count > 1
        {
            throw FaultProblem("wrong outcomes", "Request-Id \(id) stands for two requests")
        }
        var letters: [String: Character] = [:]
        let seen = String(
            mine.map { request -> Character in
                if let letter = letters[request.id] { return letter }
                let letter = Character(UnicodeScalar(UInt8(65 + letters.count)))
                letters[request.id] = letter
                return letter
            })
        var wanted = expected.requestIDs
        // Whose connection is the first is not known here.
        if case .firstConnection(let struck) = stage.fault.company, stage.brands.count > 1 {
            wanted = struck.isRotated || seen.isEmpty ? nil : "A"
        }
        // Whoever ends a connection that others use may lose what was on its way: once more, then.
        if case .sharedConnection = stage.fault.company, stage.brands.count > 1 {
            wanted = seen.allSatisfy { $0 == "A" } ? nil : "A"
        }
        if let wanted, seen != wanted {
            throw FaultProblem("wrong outcomes", "the server saw the Request-Ids \(seen), not \(wanted)")
        }
        if stage.fault.gap > 0 {
            guard mine.count > 1, mine[1].at - mine[0].at >= stage.fault.gap else {
                throw FaultProblem("wrong outcomes", "the second request came too early")
            }
        }
    }
}
