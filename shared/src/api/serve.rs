//! What every request passes on its way in and every response on its way out: its time, its trace id,
//! the form of its answers.

use std::time::Duration;

use http::Response;
use lambda_http::{Body, Request, RequestExt};

use crate::api::error::{Error, Failure};
use crate::api::request::trace_id;
use crate::api::response::{Form, stamp};
use crate::clock::{Clock, Timestamp};
use crate::telemetry::context::traced;

/// What is left of a function's time when it gives up, so that the client is answered by it and not for it.
const TO_ANSWER: Duration = Duration::from_millis(250);

/// Serves a request: its log lines carry its trace id, its answers have the API's form, and where storage is so slow
/// that the function's time would be over first, that is said with 503. What was under way then is carried out or not,
/// as if the function had been stopped: no order of work depends on its end.
pub fn serve(
    form: Form,
    request: &Request,
    clock: &Clock,
    work: impl Future<Output = Result<Response<Body>, Error>>,
) -> impl Future<Output = Response<Body>> {
    // On the heap at once: what lies around it would hold it, and move it about.
    let work = Box::pin(work);
    let told = move |error: Error, trace_id: &str| error.into_response(form, trace_id, clock.now());
    served(form, request, clock, work, told)
}

/// The same for whoever answers a browser: what went wrong is a page, which `page` makes.
pub fn serve_pages(
    request: &Request,
    clock: &Clock,
    work: impl Future<Output = Result<Response<Body>, Error>>,
    page: impl FnOnce(Failure) -> Response<Body>,
) -> impl Future<Output = Response<Body>> {
    // On the heap, as above.
    let work = Box::pin(work);
    let shown = move |error: Error, _: &str| page(error.into_failure(clock.now()));
    served(Form::Page, request, clock, work, shown)
}

async fn served(
    form: Form,
    request: &Request,
    clock: &Clock,
    work: impl Future<Output = Result<Response<Body>, Error>>,
    told: impl FnOnce(Error, &str) -> Response<Body>,
) -> Response<Body> {
    let trace_id = trace_id(request);
    let answer = async {
        let result = match time_left(request, clock.now()) {
            Some(left) => tokio::time::timeout(left, work)
                .await
                .unwrap_or_else(|_| Err(Error::Unavailable("the function's time is over".into()))),
            None => work.await,
        };
        result.unwrap_or_else(|error| told(error, &trace_id))
    };
    let response = traced(&trace_id, clock, answer).await;
    stamp(response, form, &trace_id)
}

/// No function runs longer than 15 minutes: a deadline that has been over for a day is no time of day.
const NO_DEADLINE: i64 = 24 * 60 * 60 * 1000;

/// For the work on a request; none where nobody says when the function is stopped (cargo-lambda's emulator says how long
/// it may run, in place of until when).
fn time_left(request: &Request, now: Timestamp) -> Option<Duration> {
    let deadline = i64::try_from(request.lambda_context_ref()?.deadline).ok()?;
    let left = deadline.saturating_sub(now.millis());
    let milliseconds = u64::try_from(left).unwrap_or_default();
    (left > -NO_DEADLINE).then(|| Duration::from_millis(milliseconds).saturating_sub(TO_ANSWER))
}

#[cfg(test)]
mod tests {
    use lambda_http::Context;

    use super::*;

    #[test]
    fn a_deadline_is_a_time_of_day() {
        let now = Timestamp::from_millis(1_795_262_290_000);
        let left = |deadline: u64| {
            let mut context = Context::default();
            context.deadline = deadline;
            time_left(&Request::default().with_lambda_context(context), now)
        };
        assert_eq!(left(1_795_262_300_000), Some(Duration::from_millis(9_750)));
        assert_eq!(left(1_795_262_290_100), Some(Duration::ZERO));
        assert_eq!(left(1_795_262_280_000), Some(Duration::ZERO));
        // What cargo-lambda says, and what nobody does.
        assert_eq!((left(600_000), left(0)), (None, None));
    }
}
