// Messages that have become pointless: the extension asks for them to be taken away, which the editors' own API cannot do.

import { getService, INotificationService } from "@codingame/monaco-vscode-api/services";
import type { INotificationsModel } from "@codingame/monaco-vscode-api/vscode/vs/workbench/common/notifications";

/** Takes the messages of this text off the screen and out of the list of messages. */
export async function withdraw(text: string): Promise<void> {
  // Only the workbench's own service has messages that stay.
  const { model } = (await getService(INotificationService)) as INotificationService & { model: INotificationsModel };
  for (const it of model.notifications.filter((it) => it.message.raw === text)) it.close();
}
