// SPDX-License-Identifier: Apache-2.0
// The module Settings: from the bytes of a YAML file to a configuration, or to every problem with its place.

internal import DurableFiles
package import Model
internal import YAML

/// Reads the bytes of a configuration file into a ``Configuration``, or into all of its problems.
///
/// It looks only at those bytes. Files and secrets are checked when they are used.
package struct ConfigurationReader {
    /// The configuration file's path as typed.
    let file: String
    /// The configuration file's directory, the base of relative paths.
    let directory: String
    /// Whether only the owner may read the configuration file.
    let isPrivate: Bool
    let document: YAMLDocument

    var problems = ProblemList()
    /// The first use of every file that the configuration names, by resolved path.
    var paths: [String: (use: FileUse, mark: Mark)]
    /// The position of each brand's name.
    var brandPlaces: [String: NamePlace] = [:]
    /// The position of each client id. DOKU issues one token per client id, so two brands cannot share it.
    var clientIDPlaces: [String: Mark] = [:]
    /// The form of the last output. The next output usually has the same one.
    var lastForm: TokenOutput.Form?
    var destinations = DestinationRegister()
    /// Brands that have no output and are in no snippet so far, by name.
    var uncovered: [String: Mark] = [:]
    /// How many more outputs there may be; negative after the problem was noted.
    private var placesLeft = Self.placeLimit
    /// How many more names may be compared to find suggestions.
    var suggestionBudget = 50_000
    /// The receivers of the report, as far as they were read.
    var report = ReportDestinations()
    /// How long a token must be valid, if the settings for that are valid.
    var nextRun: NextRun?

    /// Reads one file's bytes.
    ///
    /// - Parameters:
    ///   - bytes: The file, UTF-8 with or without a byte order mark.
    ///   - file: Its path as typed. Messages show it, and relative paths start from its directory.
    ///   - isPrivate: Whether only the owner may read the file. Only then may it contain a secret.
    /// - Throws: All problems together. A YAML syntax error is thrown alone, except for paths without quotes.
    package static func read(
        _ bytes: consuming [UInt8], file: String, isPrivate: Bool
    ) throws(InvalidConfiguration) -> Configuration {
        // `consume` frees a large file before its nodes are read.
        let (document, quotes) = PathQuotes.parse(consume bytes)
        guard let document else { throw InvalidConfiguration(file: file, problems: quotes.problems) }
        var reader = ConfigurationReader(document, file: file, isPrivate: isPrivate)
        let configuration = reader.configuration()
        let problems = quotes.merged(with: reader.problems.sorted)
        guard problems.isEmpty, let configuration else {
            throw InvalidConfiguration(
                file: file, problems: problems, omitted: reader.problems.omitted, report: reader.report)
        }
        return configuration
    }

    /// The limit of outputs of all brands and snippets. A few lines of a configuration can expand to millions.
    private static let placeLimit = 200_000

    /// Takes `count` outputs from the limit.
    /// - Returns: false if the limit is exceeded, which is noted once.
    mutating func take(places count: Int, at mark: Mark) -> Bool {
        guard placesLeft >= 0 else { return false }
        placesLeft -= count
        guard placesLeft < 0 else { return true }
        problems.add(
            mark, "the brands have more than \(Self.placeLimit) outputs in all",
            hint: "split it into several configurations")
        return false
    }

    private init(_ document: YAMLDocument, file: String, isPrivate: Bool) {
        self.document = document
        self.file = file
        self.isPrivate = isPrivate
        directory = LexicalPath.directory(of: file)
        paths = [LexicalPath.resolve(file, in: ""): (.configuration, .start)]
    }

    /// nil only if a problem was noted.
    private mutating func configuration() -> Configuration? {
        guard let fields = fields(document.root, of: .configuration) else { return nil }
        readReport(fields)
        let endpoint = required(.endpoint, in: fields, hint: "test, production or a URL").flatMap { self.endpoint($0) }
        var configuration = Configuration(endpoint: endpoint ?? .test)
        configuration.file = file
        readScalars(fields, into: &configuration)
        if let field = fields[.tls], let tls = self.fields(field.node, of: .tls) {
            configuration.tls.caFile = tls[.caFile].flatMap { fixedPath($0) }
            configuration.tls.caDirectory = tls[.caDirectory].flatMap { fixedPath($0) }
        }
        report.tls = configuration.tls
        report.proxy = configuration.proxy
        let defaults = fields[.defaults].map { brandDefaults($0) } ?? BrandSettings()
        if let brands = required(
            .brands, in: fields, hint: "a list of brands, each with name, client_id and secret")
        {
            readBrands(brands, defaults: defaults, into: &configuration)
        }
        finishDestinations(into: &configuration)
        readSnippets(fields, into: &configuration)
        readHooks(fields, into: &configuration)
        configuration.stateDirectory = fields[.stateDir].flatMap { fixedPath($0) }
        for mark in uncovered.values {
            problems.add(
                mark, "this brand has neither an output nor a snippet", hint: "its token would not be written anywhere")
        }
        configuration.report = report
        return endpoint == nil ? nil : configuration
    }

    private mutating func endpoint(_ field: Field) -> Endpoint? { url(field, Endpoint.init(parsing:)) }

    /// A URL. It may contain a password, so no message shows it.
    mutating func url<URL>(_ field: Field, _ read: (String) throws(ServerURL.Fault) -> URL) -> URL? {
        guard let text = text(field) else { return nil }
        do throws(ServerURL.Fault) {
            return try read(text)
        } catch {
            return refuse(field.mark, error.message, hint: error.hint)
        }
    }

    private mutating func readScalars(_ fields: Fields, into configuration: inout Configuration) {
        var invalid: Set<ConfigurationKey> = []
        for scalar in ScalarKey.all {
            guard let field = fields[scalar.key] else { continue }
            if !scalar.read(&self, field, &configuration) { invalid.insert(scalar.key) }
        }
        if let field = fields[.requestTimeout] {
            if invalid.isDisjoint(with: [.requestTimeout, .deadline]) {
                check(field, configuration.requestTimeout, within: configuration.deadline)
            }
        } else {
            // A deadline shorter than the default request timeout shortens the timeout.
            configuration.requestTimeout = min(configuration.requestTimeout, configuration.deadline)
        }
        let splay = configuration.splay
        let runEvery = configuration.runEvery
        if let field = fields[.splay], invalid.isDisjoint(with: [.splay, .runEvery]), splay > .zero, splay >= runEvery {
            problems.add(
                field.mark,
                "`splay` \(DurationText.render(splay)) is not shorter than `run_every` \(DurationText.render(runEvery))",
                hint: "the next run would start while this one waits")
        } else if invalid.isDisjoint(with: [.splay, .runEvery, .deadline]) {
            nextRun = configuration.nextRun
        }
    }

    /// Notes a timeout that is longer than the deadline of the run.
    mutating func check(_ field: Field, _ timeout: Duration, within deadline: Duration) {
        guard timeout > deadline else { return }
        problems.add(
            field.mark,
            "`\(field.key)` \(DurationText.render(timeout)) is longer than `deadline` \(DurationText.render(deadline))",
            hint: "the deadline covers the whole run, including hooks")
    }
}

extension NextRun {
    /// The sum that makes up ``end``, for messages.
    var arithmetic: String {
        "run_every \(DurationText.render(runEvery)) + deadline \(DurationText.render(deadline)) + "
            + (splay > .zero ? "splay \(DurationText.render(splay)) + " : "")
            + "\(DurationText.render(Self.tolerance)) = \(DurationText.render(end))"
    }
}
