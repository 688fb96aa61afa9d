// SPDX-License-Identifier: Apache-2.0

internal import Model

/// What stands published for the brands of a run: their own files, their part of the snippets, and of the stores.
final class BrandSurvey: Sendable {
    /// In the order of the configuration.
    let snippets: [SurveyedSnippet]
    /// In the order of the configuration; empty where nobody looks at them.
    let stores: [SurveyedStore]
    let configuration: Configuration
    private let survey: OutputSurvey
    private let stop: StopRequest?
    /// Why a path is refused since another one leads to the same file.
    private let aliases: [String: BrandFailure]
    /// By brand: the snippets it is in, and its variable in each.
    private let memberships: [Int: [(snippet: Int, variable: String)]]
    /// By brand: the stores it is in, and its key in each.
    private let storeMemberships: [Int: [(store: Int, key: String)]]

    /// - Parameters:
    ///   - access: the way to the stores; nil leaves them out.
    ///   - stop: ends the survey: what was not seen by then counts as unfinished.
    init(
        of configuration: Configuration, _ selection: Selection, survey: OutputSurvey, stop: StopRequest? = nil,
        access: TokenStoreAccess? = nil
    ) {
        self.configuration = configuration
        self.survey = survey
        self.stop = stop
        let aliases = survey.directories.aliases(in: configuration, stop: stop)
        self.aliases = aliases
        snippets = PatientWalk.map(
            configuration.snippets.count, survey.directories.watch, stop: stop,
            work: { index in
                var surveyed = survey.survey(configuration.snippets[index])
                surveyed.refusal = surveyed.refusal ?? aliases[configuration.snippets[index].path]
                return surveyed
            },
            failing: { SurveyedSnippet(refusal: $1, isClosed: true) })
        memberships = configuration.placesInSnippets
        stores = access.map { Self.read(configuration, selection, $0) } ?? []
        storeMemberships = stores.isEmpty ? [:] : configuration.placesInStores
    }

    /// The same with what is known of the stores now.
    init(_ other: BrandSurvey, stores: [SurveyedStore]) {
        self.stores = stores
        snippets = other.snippets
        configuration = other.configuration
        survey = other.survey
        stop = other.stop
        aliases = other.aliases
        memberships = other.memberships
        storeMemberships = other.storeMemberships
    }

    /// The stores that a brand is in, and its key in each.
    func storeEntries(of index: Int) -> [(store: Int, key: String)] { storeMemberships[index] ?? [] }

    /// Judges brands by the places where their tokens are published; a disk that hangs holds up those alone that have
    /// files on it.
    /// - Parameters:
    ///   - brands: indexes into ``Configuration/brands``.
    ///   - judge: what the state of each place of a brand means: its own files first, then the snippets, then stores.
    ///   - add: sums up the judgements, in any order.
    func judge<Judgement: Sendable, Sum: Sendable>(
        _ brands: [Int], into sum: consuming Sum,
        judge: @escaping @Sendable (_ index: Int, Brand, _ outputs: [SurveyedOutput]) -> Judgement,
        add: @escaping @Sendable (_ sum: inout Sum, _ position: Int, Judgement) -> Void
    ) -> Sum {
        PatientWalk.run(
            brands.count, survey.directories.watch, stop: stop, into: sum,
            work: { [self] position in
                let brand = configuration.brands[brands[position]]
                return judge(
                    brands[position], brand, outputs(of: brands[position], brand) { survey.survey($0, brand: brand) })
            },
            failing: { [self] position, failure in
                let brand = configuration.brands[brands[position]]
                var outputs = outputs(of: brands[position], brand) { output in
                    SurveyedOutput(
                        path: output.path, symlinks: output.symlinks, state: .noToken(.closed), refusal: failure)
                }
                // Nobody is to look there any more, on whatever thread this is.
                for index in outputs.indices { outputs[index].refusal = outputs[index].refusal ?? failure }
                return judge(brands[position], brand, outputs)
            },
            add: add)
    }

    /// The same for all judgements, in the order of `brands`.
    func judgements<Judgement: Sendable>(
        of brands: [Int],
        _ judge: @escaping @Sendable (_ index: Int, Brand, _ outputs: [SurveyedOutput]) -> Judgement
    ) -> [Judgement] {
        self.judge(
            brands, into: [Judgement?](repeating: nil, count: brands.count), judge: judge,
            add: { judgements, position, judgement in judgements[position] = judgement }
        ).compactMap(\.self)
    }

    private func outputs(
        of index: Int, _ brand: Brand, survey: (TokenOutput) -> SurveyedOutput
    ) -> [SurveyedOutput] {
        var outputs = brand.outputs.map { output -> SurveyedOutput in
            // Whatever stands there is somebody else's.
            if !aliases.isEmpty, let refusal = aliases[output.path] {
                return SurveyedOutput(
                    path: output.path, symlinks: output.symlinks, state: .noToken(.refused), refusal: refusal)
            }
            return survey(output)
        }
        for (snippet, variable) in memberships[index] ?? [] {
            let surveyed = snippets[snippet]
            outputs.append(
                SurveyedOutput(
                    path: configuration.snippets[snippet].path, symlinks: configuration.snippets[snippet].symlinks,
                    state: surveyed.tokens[variable].map(SurveyedOutput.State.token)
                        ?? .noToken(surveyed.isClosed ? .closed : .unassigned),
                    refusal: surveyed.refusal, changedAt: surveyed.changedAt))
        }
        for (store, key) in storeEntries(of: index) { outputs.append(stores[store].output(key)) }
        return outputs
    }

    /// Those of the snippets with a brand that have another mode or owner than is configured.
    func misfits(of index: Int) -> [String] {
        (memberships[index] ?? []).map(\.snippet).filter {
            snippets[$0].contents != nil && !snippets[$0].hasConfiguredAttributes
        }.map { configuration.snippets[$0].path }
    }
}
