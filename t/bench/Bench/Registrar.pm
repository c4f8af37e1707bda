package Bench::Registrar;

# nginx with our module over a copy of a fleet's store, one worker on one
# processor, and registrar_load on the other.  A zone whose fleet is signed is
# signed here, too, with the fleet's key.

use strict;
use warnings;

use Carp qw(croak);
use Cwd qw(abs_path);
use Fcntl qw(SEEK_CUR);
use File::Basename qw(basename);
use File::Path qw(make_path);
use IPC::Open2 qw(open2);

use Bench::Machine qw(pinned prefer prefer_thread);
use Bench::Usage ();
use SrvRegistrar ();
use SrvRegistrar::Certificates;
use SrvRegistrar::Process qw(free_port listens program wait_until);

# store_fill's devices have keys of the secret with this number.
use constant SECRET => '22' x 32;

# LMDB's.
use constant PAGE => 4096;

use constant ZONE => <<'END2';
$ORIGIN devices.example.
$TTL 60
@    SOA  ns hostmaster 1 3600 600 86400 60
     NS   ns
ns   A    192.0.2.53
END2


# build     where the programs are
# dir       for all that is made here
# fleet     Bench::Fleet
# realtime  1: nobody else runs on the processors during a run

sub start
{
    my ($class, %args) = @_;

    make_path("$args{dir}/temp");

    my $self = bless {
        address => SrvRegistrar::own_address(),
        seed    => 1,
        %args,
        dir     => abs_path($args{dir}),
    }, $class;

    $self->{$_} = free_port($self->{address}) for qw(port plain_port);

    copy_store($args{fleet}->store(), $self->path('store'));

    $self->prepare();
    SrvRegistrar::Nginx::with_sanitizers($self, sub {
        $self->{process} = SrvRegistrar::Process->start(
            command => [pinned('server'), SrvRegistrar::Nginx::nginx_binary(),
                        '-p', $self->{dir}, '-e', $self->path('error.log'),
                        '-c', $self->path('nginx.conf')],
            output  => $self->path('nginx.out'),
            ready   => sub { listens($self->{address}, $self->{plain_port}) },
        );
    });

    # The zone's publication would be the first run's commit.
    wait_until(sub { $self->settled() }) or croak('no worker');

    return $self;
}


# A page at a time, as LMDB writes them, which leaves holes.  The page cache
# keeps what came in one large write, or in one large read, as one large piece,
# and where one page of that changes the kernel walks the whole piece: a commit
# took 1.6 times the CPU in a store that `cp` had made.

sub copy_store
{
    my ($from, $to) = @_;

    mkdir($to) or croak("$to: $!");

    for my $path (glob("$from/*")) {
        my $name = basename($path);

        open(my $in, '<:raw', $path) or croak("$path: $!");
        open(my $out, '>:raw', "$to/$name") or croak("$to/$name: $!");

        while (my $n = sysread($in, my $page, PAGE) // croak("$path: $!")) {
            if ($page =~ tr/\0//c) {
                syswrite($out, $page) == $n or croak("$to/$name: $!");

            } else {
                sysseek($out, $n, SEEK_CUR);
            }
        }

        truncate($out, -s $in) or croak("$to/$name: $!");
        chmod((stat($in))[2] & 07777, $out);
        close($out) or croak("$to/$name: $!");
    }
}


sub stop { $_[0]{process}->stop() }


sub path { return "$_[0]{dir}/$_[1]" }


sub prepare
{
    my ($self) = @_;

    my $certificates = SrvRegistrar::Certificates->new($self->{dir});

    $certificates->ca('manufacturer');
    $certificates->ca('server-ca');
    $certificates->certificate('server', ca => 'server-ca',
        ext => ['subjectAltName=DNS:registrar.example']);

    $self->write('zone', ZONE);
    $self->write('secrets', 'name ' . '11' x 32 . "\nkey 1 " . SECRET . "\n");
    chmod(0600, $self->path('secrets'));
    $self->write('nginx.conf', $self->configuration());
}


# Connections live for as long as a run: what a million of requests does to
# them is not what is looked at.  Tickets and sessions are off, so that each
# handshake is a whole one.

sub configuration
{
    my ($self) = @_;

    my ($dir, $address) = @{$self}{qw(dir address)};
    my $user = $< == 0 ? 'user root;' : '';
    my $dnssec = $self->{fleet}->signed()
        ? 'dnssec on; key ' . $self->{fleet}->key() . ';' : '';

    return <<"END2";
load_module $self->{build}/ngx_srv_registrar_module.so;
$user
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid $dir/nginx.pid;
error_log $dir/error.log warn;
thread_pool srv_registrar threads=1;
events {
    worker_connections 20000;
}
http {
    access_log off;
    client_body_temp_path $dir/temp/body;
    proxy_temp_path $dir/temp/proxy;
    fastcgi_temp_path $dir/temp/fastcgi;
    uwsgi_temp_path $dir/temp/uwsgi;
    scgi_temp_path $dir/temp/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;

    srv_registrar_store $dir/store;
    srv_registrar_secrets $dir/secrets;
    srv_registrar_zone devices.example {
        file $dir/zone;
        ttl 60s;
        lease 30s 2h 1d;
        service _xmpp-server._tcp;
        allow_address 127.0.0.0/8;
        $dnssec
    }

    ssl_certificate $dir/server.pem;
    ssl_certificate_key $dir/server.key;
    ssl_session_tickets off;
    ssl_session_cache off;

    server {
        listen $address:$self->{port} ssl backlog=4096;
        server_name registrar.example;
        ssl_client_certificate $dir/manufacturer.pem;
        ssl_verify_client optional;

        location = /v1/enroll { srv_registrar enroll; }
        location = /v1/records { srv_registrar records; }
        location = /200 { return 200 "fine"; }
    }
    server {
        listen $address:$self->{plain_port};
        location = /metrics { srv_registrar metrics; }
    }
}
END2
}


sub write
{
    my ($self, $name, $text) = @_;

    open(my $file, '>', $self->path($name)) or croak("$name: $!");
    print $file $text;
    close($file) or croak("$name: $!");
}


# The worker's pid.

sub worker
{
    my ($self) = @_;

    my (undef, @children) = Bench::Usage::processes($self->{process}{pid});

    return $children[0];
}


sub settled
{
    my ($self) = @_;

    my $metrics = eval { $self->metrics() } or return 0;

    return $metrics->{srv_registrar_store_used_bytes};
}


# { name => value } of the location of metrics.

sub metrics
{
    my ($self) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $self->{address},
        PeerPort => $self->{plain_port}) or croak("metrics: $!");

    print $socket "GET /metrics HTTP/1.0\r\n\r\n";

    return { map { /^(srv_\S+) (\S+)$/ ? ($1, $2) : () } <$socket> };
}


# Seconds on a processor so far: those of the event loop, which is the main
# thread, and those of the threads that commit.

sub threads
{
    my ($self) = @_;

    my $worker = $self->worker();
    my %ns = (loop => 0, commit => 0);

    for my $task (glob("/proc/$worker/task/*")) {
        my $whose = $task =~ m{/\Q$worker\E$} ? 'loop' : 'commit';

        $ns{$whose} += (split(/ /, Bench::Usage::slurp("$task/schedstat")))[0];
    }

    return { map { $_ => $ns{$_} / 1e9 } keys(%ns) };
}


# One run of registrar_load: what it found, and of the server, for a reply,
# in microseconds: cpu, loop, commit; signatures made for it; commits a second
# and jobs of each.

sub load
{
    my ($self, @options) = @_;

    my $run = $self->begin(@options);
    my $metrics = $self->metrics();
    my $threads = $self->threads();

    $self->hurry(1, $run->{pid});
    my $found = $self->end($run);
    my $after = $self->threads();
    $self->hurry(0);

    my $done = $found->{acknowledged} || 1;
    my $later = $self->metrics();
    my %more = map { $_ => $later->{$_} - $metrics->{$_} }
        grep { defined($metrics->{$_}) } keys(%$later);
    my $commits = $more{'srv_registrar_commits_total{result="ok"}'};

    $found->{$_} = ($after->{$_} - $threads->{$_}) * 1e6 / $done
        for qw(loop commit);
    $found->{cpu} = $found->{loop} + $found->{commit};
    $found->{signatures} = $more{srv_registrar_signatures_total} / $done;
    $found->{commits} = $found->{seconds} ? $commits / $found->{seconds} : 0;
    $found->{batch} = $commits ? $more{srv_registrar_commit_jobs_sum} / $commits
                               : undef;
    $found->{store} = $later->{srv_registrar_store_used_bytes};

    return $found;
}


# Commits give way to the event loop, as where they have a processor of their
# own.

sub hurry_loop
{
    my ($self) = @_;

    prefer_thread(2, $self->worker()) if $self->{realtime};
}


# Both processes, or nobody, come before everybody else; 2 comes before 1.

sub hurry
{
    my ($self, $hurry, @clients) = @_;

    prefer($hurry, $self->worker(), @clients) if $self->{realtime};
}


# Who asks, before all of them: its own wait for a processor is not what is
# looked at.  Where that may not be arranged it is in what is measured.

sub hurry_other
{
    my ($self, $other) = @_;

    prefer(2, $other) if $> == 0;
}


# Connections are open when this returns; end() lets the requests go.

sub begin
{
    my ($self, @options) = @_;

    my $seed = $self->{seed}++ * 7919;
    my $pid = open2(my $out, my $in, pinned('client'),
        "$self->{build}/bench/registrar_load", '--server',
        "$self->{address}\@$self->{port}", '--devices',
        $self->{fleet}->devices(), '--secret', SECRET, '--ca',
        $self->path('server-ca.pem'), '--seed', $seed, @options);

    (readline($out) // '') =~ /^ready/ or croak('registrar_load');

    return { pid => $pid, out => $out, in => $in, seed => $seed };
}


sub go { close($_[1]{in}) }


sub end
{
    my ($self, $run) = @_;

    close($run->{in}) if defined(fileno($run->{in}));

    my %found = (seed => $run->{seed},
        map { split(' ') } readline($run->{out}));

    waitpid($run->{pid}, 0);
    $? == 0 or croak('registrar_load: ' . ($? >> 8 ? 'see above'
        : "signal $?"));

    return \%found;
}


1;
