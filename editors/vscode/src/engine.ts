// What the extension needs of a connection to Kiro's engine, and the values that come over it. They are described in the
// engine (`server::wire`); here stands only what the panels show.

import type { MessageTransports } from "vscode-languageclient/lib/common/api";

export type State = "open" | "lost" | "refused";

/** A connection to the engine. */
export interface Engine {
  ask<T>(method: string, params?: object, again?: boolean): Promise<T>;
  tell(method: string, params: object): void;
  on(method: string, heard: (params: any) => void): () => void;
  answer(method: string, answer: (params: any) => Promise<unknown>): () => void;
  onState(heard: (state: State) => void): () => void;
  readonly isOpen: boolean;
  /** Opens a conversation with its language server. */
  language(): Promise<MessageTransports>;
  /** Takes a message off the screen. Only the page of `kiro ide` can: extensions of other editors have no such act. */
  withdraw?(message: string): void;
}

export type Mode = "guided" | "autopilot";
export type TaskState =
  | "pending"
  | "ready"
  | "running"
  | "waiting"
  | "in_doubt"
  | "stale"
  | "done"
  | "skipped"
  | "failed";

export type Run = {
  id: string;
  spec: string;
  started_ms: number;
  going_on: boolean;
  outcome: string | null;
  reason: string;
  model: string;
  input_tokens: number;
  output_tokens: number;
  usd: number;
};
export type SpecStatus = { spec: string; title: string; tasks: Record<string, number>; run: Run | null };
export type Status = {
  root: string;
  specs: SpecStatus[];
  trust: { whole: boolean; summary: string };
  model: string | null;
  no_model: string | null;
};
export type ListedSpec = { name: string; dialect: string; path: string; tasks: string | null; archived: boolean };
export type ShownSpec = { path: string; documents: string[]; plan: string; tasks: string };
export type Task = {
  id: string;
  number: string | null;
  title: string;
  state: TaskState;
  phase: string | null;
  depends_on: string[];
  requirements: string[];
  files: string[];
  estimate_minutes: number | null;
  optional: boolean;
  span: { start: number; end: number; line: number };
  subtasks: Task[];
};
export type Tasks = { path: string; tasks: Task[]; ticked_by_person: string[] };

export type Part = { path: string; number: number };
export type ReviewPart = { number: number; old: [number, number]; new: [number, number]; text: string };
export type ReviewFile = {
  path: string;
  change: "added" | "modified" | "deleted" | "mode";
  old_text: string | null;
  new_text: string | null;
  added_lines: number;
  removed_lines: number;
  parts: ReviewPart[];
};
export type Review = {
  spec: string | null;
  task: string;
  title: string;
  reasons: string[];
  evidence: string;
  offers: { keep: boolean; modify: boolean; revise: boolean };
  added_lines: number;
  removed_lines: number;
  files: ReviewFile[];
};
export type Ask = { ask: string; operation: string; root: string } & (
  | ({ kind: "review" } & Review)
  | { kind: "question"; text: string; options: string[] }
  | { kind: "wish"; act: string; reasons: string[]; offers: { number: number; text: string }[] }
);
export type Answer =
  | { answer: "approve" | "skip" | "stop" | "no" }
  | { answer: "keep"; parts: Part[] }
  | { answer: "modify"; files: { path: string; text: string }[] }
  | { answer: "revise"; remark: string }
  | { answer: "say"; text: string }
  | { answer: "yes"; offer?: number };

export type Ended = { outcome: string; reason: string; hint: string | null; result: any };
export type Operation = {
  operation: string;
  root: string;
  kind: "plan" | "run" | "chat" | "hook" | "watch" | "model";
  subject: string;
  mode: Mode | null;
  started_ms: number;
  run: string | null;
  ended: Ended | null;
};
export type Listening = { version: number; root: string; operations: Operation[]; asks: Ask[] };
export type Cost = { input_tokens: number; cached_tokens: number; output_tokens: number; wall_ms: number; usd: number };
export type EngineEvent = { operation: string; root: string; event: string } & Record<string, any>;

export type Hook = {
  name: string;
  description: string;
  file: string;
  event: string | null;
  files: string | null;
  condition: string | null;
  action: string | null;
  enabled: boolean;
  blocking: boolean;
  standing: "trusted" | "new" | "changed";
  broken: boolean;
  hindrance: string | null;
};
export type Traced = {
  spec: string;
  requirement: string;
  title: string;
  criteria: { id: string; covered: boolean }[];
  tasks: {
    id: string;
    title: string;
    done: boolean;
    files: string[];
    check: { command: string; passed: number; failed: number } | null;
  }[];
};
export type Waiting = { spec: string; run: string; going_on: boolean; task: string; title: string };

/** The version of the wire that this extension speaks. */
export const WIRE_VERSION = 1;
