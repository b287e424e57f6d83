causes = {"A": "blocked-loop", "B": "idle-proxy", "C": "inspecting-proxy"}


# %%
missed_pongs = {
    "D": "tunnel",  # all that was sent meanwhile arrives at 27 s, and the Pong goes out at once
    "E": "blocked-loop",  # no Pong at all, and the server's answer is sent at 45 s
    "F": "pong-behind-upload",  # 900,000 bytes of the client are on their way in front of the Pong
    "G": "pong-behind-queue",  # what the server sent before the Ping is read only every 10 s
}


# %%
useless = {"sixty-seconds": "b", "upload-timeout": "c", "restart-storm": "a"}
