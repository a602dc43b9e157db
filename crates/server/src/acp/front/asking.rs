//! What waits for an answer, as requests to the client: permissions, and forms where it has them.

use std::time::Duration;

use agent_client_protocol_schema::v1::{
    CLIENT_METHOD_NAMES, ClientCapabilities, CreateElicitationRequest, CreateElicitationResponse,
    ElicitationAction, ElicitationContentValue, ElicitationFormMode, ElicitationSchema,
    ElicitationSessionScope, PermissionOption, PermissionOptionKind, RequestPermissionOutcome,
    RequestPermissionRequest, RequestPermissionResponse, ToolCallContent, ToolCallId,
    ToolCallStatus, ToolCallUpdate, ToolCallUpdateFields, ToolKind,
};
use serde_json::json;

use crate::acp::updates;
use crate::hub::Spoken;
use crate::rpc::{Peer, Pending};
use crate::wire::{Answer, Ask, Asked, Review};

/// What the client is being asked.
pub(super) struct Asking {
    peer: Peer,
    session: String,
    root: String,
    has_forms: bool,
    asked: Option<(Ask, ToolCallId)>,
    pending: Option<(Pending, Form)>,
    /// The question went to nobody.
    declined: bool,
}

/// How an answer is read.
enum Form {
    /// One of a review's options.
    Review,
    /// One of a wish's options.
    Wish,
    /// One of a question's options, by its place.
    Options(Vec<String>),
    /// The words of an answer.
    Words,
    /// The words of a remark.
    Remark,
}

impl Asking {
    pub(super) fn new(
        peer: &Peer,
        session: &str,
        root: &str,
        client: &ClientCapabilities,
    ) -> Asking {
        let forms = client.elicitation.as_ref();
        Asking {
            peer: peer.clone(),
            session: session.to_owned(),
            root: root.to_owned(),
            has_forms: forms.is_some_and(|it| it.supports_form()),
            asked: None,
            pending: None,
            declined: false,
        }
    }

    /// Asks. `call` is the tool call that the question is about.
    pub(super) fn begin(&mut self, ask: &Ask, call: ToolCallId) {
        self.declined = false;
        self.asked = Some((ask.clone(), call.clone()));
        match &ask.asked {
            Asked::Review(review) => {
                let fields = ToolCallUpdateFields::new()
                    .title(title(review))
                    .kind(ToolKind::Edit)
                    .status(ToolCallStatus::Pending)
                    .content(self.content(review));
                let options = self.options_of(review);
                self.permission(
                    ask,
                    ToolCallUpdate::new(call, fields),
                    options,
                    Form::Review,
                );
            }
            Asked::Wish {
                act,
                reasons,
                offers,
            } => {
                let fields = ToolCallUpdateFields::new()
                    .title(act.clone())
                    .kind(ToolKind::Execute)
                    .status(ToolCallStatus::Pending)
                    .content(vec![updates::text(&reasons.join("\n"))]);
                let further = offers.iter().map(|it| {
                    let (id, name) = (
                        format!("offer-{}", it.number),
                        format!("Yes, and {}", it.text),
                    );
                    PermissionOption::new(id, name, PermissionOptionKind::AllowAlways)
                });
                let options = std::iter::once(option("yes", "Yes, this once", true))
                    .chain(further)
                    .chain([option("no", "No", false)])
                    .collect();
                self.permission(ask, ToolCallUpdate::new(call, fields), options, Form::Wish);
            }
            Asked::Question { text, options } => self.question(ask, call, text, options),
        }
    }

    /// What the model wants to know: a form, or its own suggestions, or nobody.
    fn question(&mut self, ask: &Ask, call: ToolCallId, text: &str, options: &[String]) {
        if self.has_forms {
            let hint = match options.is_empty() {
                true => text.to_owned(),
                false => format!("{text} ({})", options.join(", ")),
            };
            return self.form(&hint, "answer", Form::Words);
        }
        if options.is_empty() {
            self.declined = true;
            return;
        }
        let fields = ToolCallUpdateFields::new()
            .title(text.to_owned())
            .kind(ToolKind::Other)
            .status(ToolCallStatus::Pending);
        let choices = options.iter().enumerate();
        let choices = choices
            .map(|(at, it)| option(&format!("option-{at}"), it, true))
            .chain([option("no", "No answer", false)]);
        let choices = choices.collect();
        let call = ToolCallUpdate::new(call, fields);
        self.permission(ask, call, choices, Form::Options(options.to_vec()));
    }

    fn content(&self, review: &Review) -> Vec<ToolCallContent> {
        let mut told = review.reasons.clone();
        told.push(review.evidence.clone());
        let mut content = vec![updates::text(&told.join("\n"))];
        content.extend(updates::diffs(&self.root, &review.files));
        content
    }

    fn options_of(&self, review: &Review) -> Vec<PermissionOption> {
        let mut options = vec![option("approve", "Approve", true)];
        if review.offers.revise && self.has_forms {
            options.push(option("revise", "Say what should be otherwise", false));
        }
        options.push(option("skip", "Skip", false));
        let stop = PermissionOptionKind::RejectAlways;
        options.push(PermissionOption::new("stop", "Stop", stop));
        options
    }

    fn permission(
        &mut self,
        ask: &Ask,
        call: ToolCallUpdate,
        options: Vec<PermissionOption>,
        form: Form,
    ) {
        // By this id a client that knows Kiro can answer with more than an option.
        let mut meta = serde_json::Map::new();
        meta.insert("kiro".to_owned(), json!({ "ask": ask.ask }));
        let request = RequestPermissionRequest::new(self.session.clone(), call, options).meta(meta);
        let method = CLIENT_METHOD_NAMES.session_request_permission;
        self.pending = Some((self.peer.call(method, request), form));
    }

    fn form(&mut self, message: &str, field: &str, form: Form) {
        let schema = ElicitationSchema::new().string(field, true);
        let scope = ElicitationSessionScope::new(self.session.clone());
        let mode = ElicitationFormMode::new(scope, schema);
        let request = CreateElicitationRequest::new(mode, message);
        let method = CLIENT_METHOD_NAMES.elicitation_create;
        self.pending = Some((self.peer.call(method, request), form));
    }

    /// What was said by now.
    pub(super) fn look(&mut self) -> Spoken {
        if self.declined {
            return Spoken::Declined;
        }
        let Some((pending, _)) = &self.pending else {
            return Spoken::Nothing;
        };
        let Some(came) = pending.wait(Duration::ZERO) else {
            return Spoken::Nothing;
        };
        let Some((_, form)) = self.pending.take() else {
            return Spoken::Nothing;
        };
        let said = came.ok().map(|it| self.read(it, form));
        let said = said.unwrap_or(Spoken::Declined);
        self.declined = matches!(said, Spoken::Declined);
        said
    }

    fn read(&mut self, came: serde_json::Value, form: Form) -> Spoken {
        match form {
            Form::Words => match words(came, "answer") {
                Some(text) => Spoken::Answer(Answer::Say { text }),
                None => Spoken::Answer(Answer::Skip),
            },
            Form::Remark => match words(came, "remark") {
                Some(remark) => Spoken::Answer(Answer::Revise { remark }),
                // Who takes a remark back is asked for the whole again.
                None => {
                    if let Some((ask, call)) = self.asked.take() {
                        self.begin(&ask, call);
                    }
                    Spoken::Nothing
                }
            },
            Form::Review | Form::Wish | Form::Options(_) => {
                let Ok(response) = serde_json::from_value::<RequestPermissionResponse>(came) else {
                    return Spoken::Declined;
                };
                match response.outcome {
                    RequestPermissionOutcome::Selected(it) => self.selected(&it.option_id.0, &form),
                    _ => Spoken::Cancelled,
                }
            }
        }
    }

    fn selected(&mut self, option: &str, form: &Form) -> Spoken {
        let at = |prefix: &str| option.strip_prefix(prefix)?.parse::<usize>().ok();
        let answer = match (form, option) {
            (Form::Review, "approve") => Answer::Approve,
            (Form::Review, "skip") => Answer::Skip,
            (Form::Review, "stop") => Answer::Stop,
            (Form::Review, "revise") => {
                self.form("What should be otherwise?", "remark", Form::Remark);
                return Spoken::Nothing;
            }
            (Form::Wish, "yes") => Answer::Yes { offer: None },
            (Form::Wish, "no") => Answer::No,
            (Form::Wish, _) => match at("offer-") {
                Some(offer) => Answer::Yes { offer: Some(offer) },
                None => return Spoken::Declined,
            },
            (Form::Options(options), _) => match at("option-").and_then(|it| options.get(it)) {
                Some(text) => Answer::Say { text: text.clone() },
                None => Answer::Skip,
            },
            _ => return Spoken::Declined,
        };
        Spoken::Answer(answer)
    }

    /// Nobody is to answer any more: what was asked is taken back.
    pub(super) fn end(&mut self) {
        self.pending = None;
        self.declined = false;
    }
}

fn title(review: &Review) -> String {
    match &review.spec {
        Some(_) => format!("Task {}: {}", review.task, review.title),
        None => review.title.clone(),
    }
}

fn option(id: &str, name: &str, allows: bool) -> PermissionOption {
    let kind = match allows {
        true => PermissionOptionKind::AllowOnce,
        false => PermissionOptionKind::RejectOnce,
    };
    PermissionOption::new(id.to_owned(), name, kind)
}

/// What was written into a form's one field.
fn words(came: serde_json::Value, field: &str) -> Option<String> {
    let response: CreateElicitationResponse = serde_json::from_value(came).ok()?;
    let ElicitationAction::Accept(accepted) = response.action else {
        return None;
    };
    match accepted.content?.get(field)? {
        ElicitationContentValue::String(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    }
}
