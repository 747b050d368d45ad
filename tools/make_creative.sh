#!/bin/sh
# Make the demonstration creatives: a running seconds counter, a bar that fills with quartile marks, a moving disc.
# Everything in the picture is drawn here. Needs ffmpeg with libx264, and a DejaVu font.
# Usage: tools/make_creative.sh [FOLDER]
set -eu
folder=${1:-$(dirname "$0")/../static/media}
mkdir -p "$folder"

creative() {  # NAME SECONDS BACKGROUND ACCENT
    ffmpeg -hide_banner -loglevel error -y -fflags +bitexact \
        -f lavfi -i "color=c=$3:s=640x360:r=25:d=$2" \
        -f lavfi -i "color=c=$4:s=640x14:r=25:d=$2" \
        -f lavfi -i "color=c=$4:s=96x96:r=25:d=$2,format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*lte(hypot(X-48,Y-48),47)'" \
        -f lavfi -i "anullsrc=r=44100:cl=mono" \
        -filter_complex "
            [0]drawtext=font=DejaVu Sans:fontsize=150:fontcolor=white:x=250:y=92:text='%{eif\:t\:d\:2}',
               drawtext=font=DejaVu Sans:fontsize=24:fontcolor=white@0.75:x=250:y=250:text='of $2 seconds · vastdash'[text];
            [text][2]overlay=x='76+28*sin(2*PI*t/3)':y='132+48*cos(2*PI*t/3)':shortest=1[disc];
            [disc][1]overlay=x='-W+W*t/$2':y=330:shortest=1,
               drawbox=x=159:y=322:w=2:h=30:color=white@0.8:t=fill,
               drawbox=x=319:y=322:w=2:h=30:color=white@0.8:t=fill,
               drawbox=x=479:y=322:w=2:h=30:color=white@0.8:t=fill[out]" \
        -map "[out]" -map 3:a -t "$2" \
        -c:v libx264 -profile:v baseline -level 3.0 -pix_fmt yuv420p -preset veryslow -crf 30 -g 50 -threads 1 \
        -c:a aac -b:a 16k -map_metadata -1 -flags:v +bitexact -flags:a +bitexact -movflags +faststart \
        "$folder/$1.mp4"
}

creative demo-15s 15 0x0f172a 0x22c55e
creative demo-20s 20 0x083344 0x38bdf8
creative demo-30s 30 0x1e1b4b 0xf59e0b
