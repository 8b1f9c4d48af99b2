#!/bin/bash
# Makes a Debian root into what Amazon Linux's users expect, by name and by behaviour: build.sh ROOT
set -euo pipefail
root=$1
here=$(dirname "$(readlink -f "$0")")
inside() { chroot "$root" "$@"; }

# --- accounts, with Amazon Linux's numbers
inside groupadd --force --system wheel
inside groupadd --force --system --gid 48 apache
inside useradd --system --uid 48 --gid apache --home-dir /usr/share/httpd --shell /usr/sbin/nologin apache
inside useradd --create-home --uid 1000 --shell /bin/bash --groups adm,wheel,systemd-journal \
  --comment 'EC2 Default User' ec2-user

# --- our files; modes from here, whatever the checkout made of them
rm -f "$root/etc/os-release"
tar -C "$here/files" --owner=root:0 --group=root:0 --mode=u+rwX,go+rX,go-w -cf - . | tar -C "$root" -xf -
chmod 440 "$root"/etc/sudoers.d/*
ln -sf system-release "$root/etc/amazon-linux-release"
for name in yum microdnf; do ln -sf dnf "$root/usr/bin/$name"; done
printf '#!/bin/sh\n# Topics are packages of the image or of dnf.\nexit 0\n' > "$root/usr/bin/amazon-linux-extras"
chmod 755 "$root/usr/bin/amazon-linux-extras"
# The machine's own name is found without a name server.
sed -i 's/^hosts:.*/hosts: files myhostname dns/' "$root/etc/nsswitch.conf"

# --- Apache and PHP: the event module and php-fpm, as on Amazon Linux 2023
php=$(basename "$root"/etc/php/8.*)
inside a2dismod --quiet --force mpm_prefork > /dev/null 2>&1 || true
inside a2enmod --quiet mpm_event proxy_fcgi setenvif rewrite > /dev/null
inside a2enconf --quiet "php$php-fpm" > /dev/null
sed -i 's/www-data/apache/' "$root/etc/apache2/envvars" "$root/etc/php/$php/fpm/pool.d/www.conf"
sed -i 's/^pm = .*/pm = ondemand/' "$root/etc/php/$php/fpm/pool.d/www.conf"
# Debian's page would win over an index.php.
rm -f "$root/var/www/html/index.html"
mkdir -p "$root/etc/httpd"
ln -sfn ../apache2 "$root/etc/httpd/conf"
ln -sfn ../apache2/conf-enabled "$root/etc/httpd/conf.d"
ln -sfn ../apache2/mods-enabled "$root/etc/httpd/conf.modules.d"
ln -sfn /usr/lib/apache2/modules "$root/etc/httpd/modules"
ln -sfn /var/log/apache2 "$root/etc/httpd/logs"
ln -sfn apache2.conf "$root/etc/apache2/httpd.conf"
ln -sfn apache2 "$root/var/log/httpd"
ln -sfn access.log "$root/var/log/apache2/access_log"
ln -sfn error.log "$root/var/log/apache2/error_log"
ln -sfn "php/$php/fpm/php.ini" "$root/etc/php.ini"
ln -sfn "php/$php/fpm/conf.d" "$root/etc/php.d"
ln -sfn "php/$php/fpm/pool.d" "$root/etc/php-fpm.d"
ln -sfn "php-fpm$php" "$root/usr/sbin/php-fpm"

# --- cloud-init: its caller collects the output, of all stages at once
sed -i '/^output:/d' "$root"/etc/cloud/cloud.cfg.d/05_logging.cfg

# --- units: Amazon Linux's names are the real ones, Debian's their aliases; nothing runs before it is asked for
units=$root/usr/lib/systemd/system
wanted=$root/etc/systemd/system
sed '/^Alias/d' "$units/php$php-fpm.service" > "$units/php-fpm.service"
sed '/^Alias/d' "$units/ssh.service" > "$units/sshd.service"
rm -f "$wanted/sshd.service"
for pair in httpd:apache2 "php-fpm:php$php-fpm" sshd:ssh; do
  rm -f "$wanted/multi-user.target.wants/${pair#*:}.service"
  ln -sfn "/usr/lib/systemd/system/${pair%%:*}.service" "$wanted/${pair#*:}.service"
done
rm -f "$wanted"/multi-user.target.wants/{remote-fs.target,e2scrub_reap.service} "$wanted"/timers.target.wants/*
rm -rf "$wanted"/cloud-* "$wanted"/*/cloud-*
grep -v '^#' "$here/masked-units" | while read -r unit; do
  ln -sfn /dev/null "$wanted/$unit"
done
mkdir -p "$root/etc/systemd/system-generators" "$wanted/multi-user.target.wants"
grep -v '^#' "$here/masked-generators" | while read -r generator; do
  ln -sfn /dev/null "$root/etc/systemd/system-generators/$generator"
done
# Not masked, since `poweroff` asks for it; but nobody logs in at boot.
ln -sfn /dev/null "$wanted/multi-user.target.wants/systemd-logind.service"
ln -sfn /usr/lib/systemd/system/multi-user.target "$wanted/default.target"
ln -sfn /usr/lib/systemd/system/snowglobe-first-boot.service \
  "$wanted/multi-user.target.wants/snowglobe-first-boot.service"

# What systemd would do at each boot is done once.
inside systemd-sysusers > /dev/null 2>&1 || true
: > "$root/etc/machine-id"
