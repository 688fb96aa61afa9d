// SPDX-License-Identifier: Apache-2.0

/// What stands published for the brands of a run: their own files, their part of the snippets, and of the stores.
struct BrandSurvey {
    /// In the order of the configuration.
    let snippets: [SurveyedSnippet]
    /// In the order of the configuration; empty where nobody looks at them.
    var stores: [SurveyedStore]
    private let configuration: Configuration
    private let survey: OutputSurvey
    /// Why a path is refused since another one leads to the same file.
    private let aliases: [String: BrandFailure]
    /// By brand: the snippets it is in, and its variable in each.
    private let memberships: [Int: [(snippet: Int, variable: String)]]
    /// By brand: the stores it is in, and its key in each.
    private let storeMemberships: [Int: [(store: Int, key: String)]]

    /// - Parameter access: the way to the stores; nil leaves them out.
    init(
        of configuration: Configuration, _ selection: Selection, survey: OutputSurvey, directories: OutputDirectories,
        access: TokenStoreAccess? = nil
    ) {
        self.configuration = configuration
        self.survey = survey
        let aliases = directories.aliases(
            // Of all brands: what a run leaves alone must not be lost by it either.
            in: RotationPlan.files(configuration, configuration.brands.indices), sparing: configuration.inputs)
        self.aliases = aliases
        snippets = configuration.snippets.map { snippet in
            var surveyed = survey.survey(snippet)
            surveyed.refusal = surveyed.refusal ?? aliases[snippet.path]
            return surveyed
        }
        memberships = configuration.placesInSnippets
        stores = access.map { Self.read(configuration, selection, $0) } ?? []
        storeMemberships = stores.isEmpty ? [:] : configuration.placesInStores
    }

    /// The stores that a brand is in, and its key in each.
    func storeEntries(of index: Int) -> [(store: Int, key: String)] { storeMemberships[index] ?? [] }

    /// The state of each place where a brand's token is published: its own files first, then the snippets, then stores.
    /// - Parameter index: into ``Configuration/brands``.
    func outputs(of index: Int) -> [SurveyedOutput] {
        let brand = configuration.brands[index]
        var outputs = brand.outputs.map { output -> SurveyedOutput in
            // Whatever stands there is somebody else's.
            if let refusal = aliases[output.path] {
                return SurveyedOutput(path: output.path, state: .noToken(.refused), refusal: refusal)
            }
            return survey.survey(output, brand: brand)
        }
        for (snippet, variable) in memberships[index] ?? [] {
            let surveyed = snippets[snippet]
            outputs.append(
                SurveyedOutput(
                    path: configuration.snippets[snippet].path,
                    state: surveyed.tokens[variable].map(SurveyedOutput.State.token)
                        ?? .noToken(surveyed.isClosed ? .closed : .unassigned),
                    refusal: surveyed.refusal, changedAt: surveyed.changedAt))
        }
        for (store, key) in storeEntries(of: index) { outputs.append(stores[store].output(key)) }
        return outputs
    }

    /// Those of the snippets with a brand that have another mode or owner than is configured.
    func misfits(of index: Int) -> [String] {
        (memberships[index] ?? []).lazy.map(\.snippet).filter {
            snippets[$0].contents != nil && !snippets[$0].hasConfiguredAttributes
        }.map { configuration.snippets[$0].path }
    }

    /// What is done about symbolic links at each of these places that is a file.
    func symlinks(of index: Int) -> [SymlinkPolicy] {
        configuration.brands[index].outputs.map(\.symlinks)
            + (memberships[index] ?? []).map { configuration.snippets[$0.snippet].symlinks }
    }
}
