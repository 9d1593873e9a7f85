//! `deploy/container/Containerfile`: built by Buildah on a base that is made here of the libraries
//! that the program needs, and run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use laika_tests::http::Request;
use laika_tests::process::{Service, artifact};
use tempfile::TempDir;

use super::{example, python, run, text};

const FILE: &str = "container/Containerfile";
/// Where Debian and its kin have the certificates of authorities.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What the file says of the image.
pub(crate) struct Image {
    /// `USER`, without its group.
    pub(crate) user: String,
    /// `ENV`.
    pub(crate) environment: BTreeMap<String, String>,
}

impl Image {
    /// Reads the example.
    pub(crate) fn of_the_example() -> Self {
        let text = text(FILE).replace("\\\n", " ");
        let lines =
            |word: &'static str| text.lines().filter_map(move |line| line.strip_prefix(word));
        let user = lines("USER ").next_back().expect("a user");
        let pairs =
            lines("ENV ").flat_map(str::split_whitespace).filter_map(|pair| pair.split_once('='));
        Self {
            user: user.split(':').next().unwrap_or_default().to_owned(),
            environment: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }
}

/// Images and containers in a scratch folder.
struct Store(TempDir);

impl Store {
    fn buildah(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(artifact("LAIKA_BUILDAH"));
        let at = |name: &str| self.0.path().join(name);
        command.arg("--root").arg(at("root")).arg("--runroot").arg(at("run"));
        command
            .args(["--storage-driver", "vfs"])
            .args(arguments)
            .env("BUILDAH_ISOLATION", "chroot");
        command
    }

    fn name(&self, arguments: &[&str]) -> String {
        String::from_utf8(run(&mut self.buildah(arguments)).stdout).expect("text").trim().to_owned()
    }

    /// What the program is linked with, certificates, and a home for its user: in place of the base
    /// that is named in the example, which lies in a registry.
    fn make_base(&self, program: &Path, user: &str) {
        let linked = run(Command::new("ldd").arg(program));
        let linked = String::from_utf8(linked.stdout).expect("text");
        let libraries = linked.split_whitespace().filter(|word| word.starts_with('/'));
        let base = self.name(&["from", "scratch"]);
        for file in libraries.chain([CERTIFICATES]) {
            let real = fs::canonicalize(file).expect("a file");
            run(&mut self.buildah(&["copy", &base, &real.to_string_lossy(), file]));
        }
        let home = self.0.path().join("home");
        fs::create_dir(&home).expect("a folder");
        let home = home.to_string_lossy().into_owned();
        let owner = format!("{user}:{user}");
        run(&mut self.buildah(&["copy", "--chown", &owner, &base, &home, "/home/nonroot"]));
        run(&mut self.buildah(&["commit", "--rm", &base, "localhost/base"]));
    }
}

#[test]
fn hadolint_has_no_complaint() {
    let hadolint = python().with_file_name("hadolint");
    run(Command::new(&hadolint).args(["--failure-threshold", "info"]).arg(example(FILE)));
    let folder = tempfile::tempdir().expect("a scratch folder");
    let wrong = folder.path().join("Containerfile");
    fs::write(&wrong, text(FILE).replace("COPY", "ADD")).expect("it is written");
    super::refused(Command::new(&hadolint).args(["--failure-threshold", "info"]).arg(&wrong));
}

#[test]
fn it_is_built_and_serves_as_a_user_without_rights() {
    let store = Store(tempfile::tempdir().expect("a scratch folder"));
    let program: PathBuf = artifact("LAIKA_BIN");
    let image = Image::of_the_example();
    store.make_base(&program, &image.user);
    let context = store.0.path().join("context");
    fs::create_dir(&context).expect("a folder");
    // Without its tables of symbols, a tenth of the size.
    run(Command::new("strip").arg("-o").arg(context.join("laika")).arg(&program));
    let file = example(FILE).to_string_lossy().into_owned();
    let context = context.to_string_lossy().into_owned();
    let build = [
        "build",
        "--build-arg",
        "BASE=localhost/base",
        "--file",
        &file,
        "--tag",
        "localhost/laika",
    ];
    run(store.buildah(&build).arg(&context));

    let container = store.name(&["from", "localhost/laika"]);
    let settings =
        ["--env", "LAIKA_LISTEN=127.0.0.1:0", "--env", "LAIKA_PUBLIC_URL=http://127.0.0.1"];
    let mut serve = store.buildah(&["run", "--isolation", "chroot"]);
    serve.args(settings).args([&container, "--", "/usr/local/bin/laika", "serve"]);
    let service = Service::start("issuer in a container", &mut serve);
    assert_eq!(service.send(&Request::new("GET", "/readyz")).status, 200);
    drop(service);
    let mounted = store.name(&["mount", &container]);
    let key = Path::new(&mounted).join("home/nonroot/master.key");
    let key = fs::metadata(&key).expect("the key was made in the data folder");
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&key).to_string(), image.user);
    run(&mut store.buildah(&["umount", &container]));
    run(&mut store.buildah(&["rm", "--all"]));
}
