// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model
internal import Processes

/// A pod's access to the API server (Kubernetes: "Accessing the Kubernetes API from a Pod").
struct ServiceAccount: Sendable {
    private static let directory = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// `https://HOST:PORT`.
    let server: String
    /// A credential; no message shows it.
    let token: String
    let authority = Self.directory + "/ca.crt"
    /// The pod's namespace; nil if its file cannot be read.
    let namespace: String?

    /// Reads all values. The kubelet replaces a token before it expires.
    init() throws(BrandFailure) {
        guard let host = EnvironmentVariable.read("KUBERNETES_SERVICE_HOST"),
            let port = EnvironmentVariable.read("KUBERNETES_SERVICE_PORT"), !host.isEmpty, !port.isEmpty
        else {
            throw BrandFailure(
                .storeNotConfigured,
                "this process does not run in a Kubernetes pod ($KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT are "
                    + "not set), so no Secret can be read or written; run it in a pod, or write outputs with `file`")
        }
        let authority = (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
        guard let url = try? ServerURL("https://\(authority)", key: ""), url.authority == authority.lowercased() else {
            throw BrandFailure(
                .storeNotConfigured,
                "$KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT are not a valid address of an API server; Kubernetes sets them itself"
            )
        }
        server = "https://\(url.authority)"
        token = try Self.read("token", maximumSize: 64 * 1024)
        namespace = try? Self.read("namespace", maximumSize: 1024)
    }

    /// The content of a file that holds one word.
    private static func read(_ name: String, maximumSize: Int) throws(BrandFailure) -> String {
        let path = "\(directory)/\(name)"
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try InputFile(path: path).read(maximumSize: maximumSize)
        } catch {
            throw BrandFailure(
                .storeNotConfigured, "\(error); the pod needs a service account with a mounted token")
        }
        let word = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
        guard !word.isEmpty, word.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw BrandFailure(
                .storeNotConfigured, "\(path) does not contain what Kubernetes writes there; mount it again")
        }
        return String(decoding: word, as: UTF8.self)
    }
}
