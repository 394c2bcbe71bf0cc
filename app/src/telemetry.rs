//! Logs, traces and metrics of the process.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::settings::{self, Settings};

/// Keeps the exporters alive; what they hold is sent when it is dropped.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.traces.take().map(|t| t.shutdown()) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Starts logging to standard error, and traces where an endpoint is set.
///
/// # Errors
/// The log filter or the endpoint is not understood.
pub fn start(settings: &Settings) -> anyhow::Result<Telemetry> {
    let filter = settings::log_filter(&settings.log).map_err(|e| anyhow::anyhow!("settings: log: {e}"))?;
    // When a commit leaves nothing of a segment that is being merged at that moment (its one post was revised), tantivy
    // drops the segment, finds it missing at the end of the merge, discards what it merged and keeps the others as they
    // are: `SegmentManager::end_merge` refuses before it changes anything, and its policy merges them again later.
    // Nothing is lost, so nobody need be told; who wants to see it names tantivy in `log`.
    let filter = if settings.log.contains("tantivy") {
        filter
    } else {
        filter.add_directive("tantivy::indexer::segment_manager=error".parse()?)
    };
    let plain: Box<dyn Layer<Registry> + Send + Sync> = match settings.log_format.as_str() {
        "text" => {
            // A log that is kept in a file or by systemd is read without colours.
            let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
            layer.with_target(false).with_filter(filter).boxed()
        }
        "json" => tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr).with_filter(filter).boxed(),
        other => anyhow::bail!("setting log_format: {other:?} is not text or json"),
    };
    let traces = settings.otlp_endpoint.as_deref().map(exporter).transpose()?;
    let spans = traces.as_ref().map(|t| tracing_opentelemetry::layer().with_tracer(t.tracer("xinghe")));
    tracing_subscriber::registry().with(plain).with(spans).try_init()?;
    Ok(Telemetry { traces })
}

fn exporter(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(address)
        .build()
        .map_err(|e| anyhow::anyhow!("setting otlp_endpoint: {e}"))?;
    let resource = Resource::builder().with_service_name("xinghe").build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// Records metrics in this process; the handle renders them for Prometheus.
///
/// # Errors
/// A recorder is installed already.
pub fn metrics() -> anyhow::Result<PrometheusHandle> {
    let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)?
        .install_recorder()?)
}
