// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model

struct SecretResponse {
    let reply: HTTPResponse
    let destination: DestinationSettings
    let namespace: String

    private var name: String { "the Secret \(namespace)/\(destination.secretName)" }

    /// The result of a GET.
    var contents: Result<SecretAccess.Contents, BrandFailure> {
        switch reply.status {
        case 200:
            guard let object = SecretObject(reply.body) else { return .failure(notUnderstood) }
            return .success(object.contents(of: destination))
        // The Secret does not exist yet. A missing namespace is found when something is written.
        case 404: return .success(SecretAccess.Contents())
        default: return .failure(failure(to: "read"))
        }
    }

    /// The result of a PATCH.
    func result(of write: SecretAccess.Write) -> SecretAccess.WriteResult {
        switch reply.status {
        case 200, 201:
            guard let object = SecretObject(reply.body) else { return .failed(notUnderstood) }
            let values = object.contents(of: destination).values
            guard let key = write.values.keys.sorted().first(where: { values[$0] != write.values[$0] }) else {
                return .written(version: object.version)
            }
            return .failed(
                BrandFailure(
                    .storeRefused,
                    "\(name): the API server accepted the write, but the key \(key) does not hold what was "
                        + "written: does an admission webhook change it?"))
        // An admission webhook without dry-run support rejects every dry run. The write itself decides.
        case 400 where write.isProbe: return .written(version: nil)
        case 409: return conflict
        default: return .failed(failure(to: "write"))
        }
    }

    private var conflict: SecretAccess.WriteResult {
        let status = APIStatus(reply.body)
        guard !status.conflicts.isEmpty else { return .changed }
        let keys = Set(destination.entries.map(\.key))
        var failures: [String: BrandFailure] = [:]
        for conflict in status.conflicts {
            let prefix = ".data."
            let key = String(conflict.field.dropFirst(prefix.count))
            guard conflict.field.hasPrefix(prefix), keys.contains(key) else {
                let field = VisibleText.escaping(String(conflict.field.prefix(200)))
                return .failed(
                    BrandFailure(
                        .storeConflict,
                        "\(name): \(field) belongs to \(conflict.manager): remove it from "
                            + "`labels`, or remove it there"))
            }
            failures[key] = BrandFailure(
                .storeConflict,
                "\(name): the key \(key) belongs to \(conflict.manager): use another key, or remove it there")
        }
        return .conflicts(failures)
    }

    private func failure(to verb: String) -> BrandFailure {
        let status = APIStatus(reply.body)
        let number = "HTTP \(reply.status)" + (status.reason.map { ", \($0)" } ?? "")
        switch reply.status {
        case 401:
            return BrandFailure(
                .storeUnauthorized,
                "\(name): the API server does not accept the service account's token (\(number)): it expired or was "
                    + "revoked; restart the pod"
            )
        case 403:
            let verbs = verb == "read" ? "get" : "patch, and create if it does not exist yet"
            return BrandFailure(
                .storeForbidden,
                "\(name): the service account may not \(verb) it (\(number)): its Role needs \(verbs); a quota or "
                    + "a policy may also be the cause")
        case 404:
            return BrandFailure(.storeNotFound, "\(name): there is no namespace \(namespace) (\(number)); create it")
        case 413: return tooLarge(number)
        case 422 where status.causes.contains("FieldValueTooLong"): return tooLarge(number)
        case 422:
            return BrandFailure(
                .storeRefused,
                "\(name): the API server rejects the write (\(number)): is the Secret immutable? Name another Secret")
        case _ where Self.isTransient(reply):
            return BrandFailure(.storeUnavailable, "\(name): the API server failed to process the request (\(number))")
        case 200..<300: return notUnderstood
        default:
            return BrandFailure(
                .storeRefused, "\(name): the API server refuses to \(verb) it (\(number)); kubectl shows its reasons")
        }
    }

    private func tooLarge(_ number: String) -> BrandFailure {
        BrandFailure(
            .storeTooLarge,
            "\(name): with the data of other clients it would exceed a Secret's size limit (1 MiB; \(number)): spread "
                + "the brands over several Secrets")
    }

    private var notUnderstood: BrandFailure {
        BrandFailure(
            .storeResponse,
            "\(name): the server at the API server's address is not an API server (HTTP \(reply.status), no Secret); look for a "
                + "proxy or a service mesh in between")
    }

    static func isTransient(_ reply: HTTPResponse) -> Bool {
        switch reply.status {
        case 429, 500, 502, 503, 504: true
        default: false
        }
    }
}
