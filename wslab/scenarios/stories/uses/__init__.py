"""What people build with WebSocket, each as a small working program with its figure.

- `news`: news in one direction, by polling, by WebSocket and by server-sent events; the figures are bytes and delay.
- `together`: a chat, a game and an editor, where several act at once; the figures are order, delay and conflicts.
"""
