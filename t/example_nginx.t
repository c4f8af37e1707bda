#!/usr/bin/perl

# docs/examples/nginx.conf as it stands, but for paths, ports and the user:
# enrolment has a server of its own, without sessions; updates resume theirs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use Test::More;

use SrvRegistrar qw(outcome);

use constant ENROLL  => 'enroll.registrar.example.net';
use constant RECORDS => 'registrar.example.net';

my $t = SrvRegistrar->new(zone => 'devices.example.net',
    zone_text => slurp('devices.example.net.zone'));
my $certs = $t->{certificates};

$t->configure(full => example());
$t->start(dnsd => 1);

my $device = $t->device('device');
my $reply = $device->enroll(sni => ENROLL, host => ENROLL);

is(outcome($reply), '201', 'enrolled');
is($reply->{json}{records_url}, 'https://' . RECORDS . '/v1/records',
    '... and told where to go on');
is(outcome($device->enroll(sni => RECORDS, host => RECORDS)), '404',
    'not at the other server');
like(outcome($device->enroll(sni => RECORDS, host => ENROLL)),
    qr/^421/, '... by no trick');

is(outcome($device->register(15269, sni => RECORDS, host => RECORDS,
        sign => { url => 'https://' . RECORDS . '/v1/records' })), '200',
    'registered');
is($t->answers('_xmpp-server._tcp.' . $device->fqdn, 'SRV')
    =~ /15269/ ? 1 : 0, 1, '... and published');

for my $case ([ENROLL, 'device', 0], [RECORDS, undef, 1]) {
    my ($name, $cert, $wanted) = @$case;

    for my $version ('TLSv1_2', 'TLSv1_3') {
        my $context = IO::Socket::SSL::SSL_Context->new(
            SSL_ca_file         => $certs->pem('server-ca'),
            SSL_verifycn_scheme => 'none',
            SSL_verify_mode     => SSL_VERIFY_PEER,
            SSL_version         => $version,
            SSL_session_cache_size => 4,
            $cert ? (SSL_cert_file => $certs->pem($cert),
                     SSL_key_file  => $certs->key($cert)) : (),
        ) or die($SSL_ERROR);

        my @resumed = map { get($context, $name) } 1, 2;

        is($resumed[1], $wanted,
            "$name, $version: sessions are " . ($wanted ? '' : 'not ')
            . 'resumed');
    }
}

is($t->request('GET', '/metrics', sni => RECORDS, host => RECORDS)->{status},
    200, 'metrics, for this machine');
is($t->request('GET', '/admin/issuers', sni => RECORDS, host => RECORDS)
    ->{status}, 200, 'admin, for this machine');

done_testing();


# 1 where the session was resumed.

sub get
{
    my ($context, $name) = @_;

    my $socket = $t->{client}->connect(session => $context, sni => $name)
        or return "no connection: $@";

    $t->request('GET', '/v1/enroll', socket => $socket, host => $name);

    my $resumed = $socket->get_session_reused() ? 1 : 0;

    close($socket);

    return $resumed;
}


sub example
{
    my $text = slurp('nginx.conf');

    for ($text) {
        s/^load_module .*/load_module %%MODULE%%;\ndaemon off;/m;
        s/^user .*/%%USER%%/m;
        s{/run/nginx\.pid}{%%DIR%%/nginx.pid};
        s{error_log \S+;}{error_log %%DIR%%/error.log info;};
        s{/var/log/nginx/access\.log}{%%DIR%%/access.log};
        s{/var/lib/srv-registrar}{%%DIR%%/store};
        s{/etc/srv-registrar/registrar\.example\.net\.(pem|key)}
         {%%DIR%%/server.$1}g;
        s{/etc/srv-registrar/manufacturer-ca\.pem}{%%DIR%%/manufacturer.pem};
        s{/etc/srv-registrar/}{%%DIR%%/}g;
        s/^\s*listen \[::\]:443.*\n//mg;
        s/listen 443 ssl/listen %%ADDRESS%%:%%PORT%% ssl/g;
        s/(service  .*)/$1\n        allow_address 127.0.0.0\/8;/;
        s/^http \{/http {\n    client_body_temp_path %%DIR%%\/temp\/body;
    proxy_temp_path %%DIR%%\/temp\/proxy;
    fastcgi_temp_path %%DIR%%\/temp\/fastcgi;
    uwsgi_temp_path %%DIR%%\/temp\/uwsgi;
    scgi_temp_path %%DIR%%\/temp\/scgi;/m;
    }

    return $text;
}


sub slurp
{
    my ($name) = @_;

    open(my $file, '<', SrvRegistrar::ROOT . "/docs/examples/$name")
        or die("$name: $!");
    local $/;

    return scalar(<$file>);
}
